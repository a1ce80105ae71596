import {
  virtualMachineInstances,
  virtualMachines,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineInstancePhase,
} from '@quickvirt/api';
import { keyOf, pods, type Pod } from '@quickvirt/kube';
import type { Change } from '../../packages/kube/src/testing/memory-api/memory-api.ts';
import type { Launcher } from './world/launcher.ts';
import type { DomainEnd, World, WorldObserver } from './world/world.ts';

/** A rule that the run broke. */
export interface Violation {
  /** The rule, in few words: the same for the same rule. */
  readonly rule: string;
  readonly detail: string;
}

type Phase = VirtualMachineInstancePhase;

/** Where an instance may go from each phase in one write; several moves of virt-controller may be one write. */
const MOVES: Readonly<Record<Phase, readonly Phase[]>> = {
  '': ['Pending', 'Scheduling', 'Scheduled', 'Succeeded', 'Failed'],
  Pending: ['Scheduling', 'Scheduled', 'Succeeded', 'Failed'],
  Scheduling: ['Scheduled', 'Succeeded', 'Failed'],
  Scheduled: ['Running', 'Succeeded', 'Failed'],
  Running: ['Succeeded', 'Failed'],
  Succeeded: [],
  Failed: [],
  WaitingForSync: [],
  Unknown: [],
};

/** What is remembered of one VM: what was asked, and what became of it, in order. */
export interface VmRecord {
  readonly instances: { uid: string; atWrite: number; domainStarts: number; goneAtWrite?: number; end?: DomainEnd }[];
}

/** Watches every write and every guest, and says when a rule is broken that must hold at every moment. */
export class Overseer implements WorldObserver {
  readonly #world: World;
  readonly #started = new Map<string, number>();
  #violation: Violation | undefined;
  #writes = 0;
  #lastWriteMs = 0;

  constructor(world: World) {
    this.#world = world;
    world.observers.push(this);
  }

  get violation(): Violation | undefined {
    return this.#violation;
  }

  get writes(): number {
    return this.#writes;
  }

  /** When something was last written. */
  get lastWriteMs(): number {
    return this.#lastWriteMs;
  }

  domainStarted(launcher: Launcher, vmi: VirtualMachineInstance): void {
    const uid = vmi.metadata.uid ?? '';
    const key = keyOf(vmi);
    this.#started.set(uid, (this.#started.get(uid) ?? 0) + 1);
    const all = this.#world.runningDomains();
    if (all.filter(({ vmiUid }) => vmiUid === uid).length > 1) this.broken('two domains of one VMI', `${key} ${uid}`);
    const ofVm = all.filter((other) => other !== launcher && this.#keyOf(other) === key);
    if (ofVm.length > 0) this.broken('two domains of one VM', key);
    if (launcher.vmiUid !== uid) this.broken('a launcher runs another VMI', `${launcher.podKey} runs ${uid}`);
    if (!this.#world.lives(uid)) this.broken('a domain starts without its VMI', key);
  }

  domainEnded(_launcher: Launcher, _how: DomainEnd): void {
    // Nothing must not end.
  }

  written(change: Change): void {
    this.#writes++;
    this.#lastWriteMs = this.#world.agenda.nowMs;
    if (change.type === pods) this.#podWritten(change as Change & { object: Pod });
    if (change.type === virtualMachineInstances) this.#vmiWritten(change);
    if (change.type === virtualMachines && change.removed) this.#vmRemoved(change.object as VirtualMachine);
  }

  /** Says that a rule is broken; the first counts. */
  broken(rule: string, detail: string): void {
    this.#violation ??= { rule, detail };
    this.#world.trace?.(() => `  BROKEN ${rule}: ${detail}`);
  }

  #keyOf(launcher: Launcher): string | undefined {
    const vmi = this.#world.api.list(virtualMachineInstances).find(({ metadata }) => metadata.uid === launcher.vmiUid);
    return vmi && keyOf(vmi);
  }

  #podWritten({ object, removed }: Change & { object: Pod }): void {
    const { uid } = object.metadata;
    if (removed) {
      const left = this.#world.runningDomains().find(({ podUid }) => podUid === uid);
      if (left) this.broken('a pod goes while its domain runs', keyOf(object));
      return;
    }
    const owner = object.metadata.ownerReferences?.[0]?.uid;
    const twins = this.#world.api.list(pods).filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === owner);
    if (twins.length > 1) this.broken('two pods of one VMI', twins.map(keyOf).join(', '));
  }

  #vmiWritten({ before, object, removed }: Change): void {
    const vmi = object as VirtualMachineInstance;
    const was = before as VirtualMachineInstance | undefined;
    const uid = vmi.metadata.uid ?? '';
    if (removed) {
      if (this.#world.runningDomains().some(({ vmiUid }) => vmiUid === uid))
        this.broken('a VMI goes while its domain runs', keyOf(vmi));
      return;
    }
    if (!was) return;
    const [from, to] = [was.status?.phase ?? '', vmi.status?.phase ?? ''];
    if (from !== to && !MOVES[from].includes(to))
      this.broken('a phase off the table', `${keyOf(vmi)}: ${from} to ${to}`);
    if (to === 'Running' && !this.#started.has(uid)) this.broken('Running without a domain', keyOf(vmi));
    const node = was.status?.nodeName;
    if (node && vmi.status?.nodeName !== node) this.broken('a VMI changes its node', `${keyOf(vmi)}: ${node}`);
  }

  #vmRemoved(vm: VirtualMachine): void {
    const key = keyOf(vm);
    if (this.#world.runningDomains().some((launcher) => this.#keyOf(launcher) === key))
      this.broken('a VM goes while its domain runs', key);
  }
}
