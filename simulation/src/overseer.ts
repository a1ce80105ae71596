import {
  virtualMachineInstances,
  virtualMachines,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineInstancePhase,
} from '@quickvirt/api';
import { controllerOf, keyOf, pods, type ObjectName, type Pod } from '@quickvirt/kube';
import type { Change } from '../../packages/kube/src/testing/memory-api/memory-api.ts';
import type { Process } from './processes/process.ts';
import { VmRecord } from './vm-record.ts';
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

/** Watches every write and every guest, and says when a rule is broken that must hold at every moment. */
export class Overseer implements WorldObserver {
  readonly #world: World;
  readonly #started = new Set<string>();
  readonly #vms = new Map<string, VmRecord>();
  #violation: Violation | undefined;
  readonly #forced = new Set<string>();
  /** Uids of instances whose VM was gone when they were made. */
  readonly #ofNobody = new Set<string>();
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
    this.#started.add(uid);
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
    // Heartbeats never rest.
    if (change.type.kind === 'Lease') return;
    this.#writes++;
    this.#lastWriteMs = this.#world.agenda.nowMs;
    switch (change.type.kind) {
      case 'Pod':
        return this.#podWritten(change as Change & { object: Pod });
      case 'VirtualMachineInstance':
        return this.#vmiWritten(change);
      case 'VirtualMachine':
        return this.#vmWritten(change.object as VirtualMachine, change);
    }
  }

  /** A user took a pod away, whatever ran in it. */
  podForced(uid: string): void {
    this.#forced.add(uid);
  }

  /**
   * Of candidates for a Lease one leads at most; who stood still with its clock finds out a moment late, and nobody can
   * help that.
   */
  checkLeaders(leaders: readonly Process[]): void {
    if (leaders.length < 2) return;
    const knowing = leaders.filter(({ isBehind, isBlind }) => !isBehind && !isBlind);
    if (knowing.length > 1) this.broken('two leaders at once', knowing.map(({ name }) => name).join(', '));
  }

  /** What was asked of the VM of that key, and what came of it. */
  recordOf(key: string): VmRecord {
    let record = this.#vms.get(key);
    if (!record) this.#vms.set(key, (record = new VmRecord()));
    return record;
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
      if (left && !this.#forced.has(left.podUid)) this.broken('a pod goes while its domain runs', keyOf(object));
      return;
    }
    const owner = object.metadata.ownerReferences?.[0]?.uid;
    const twins = this.#world.api.list(pods).filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === owner);
    if (twins.length > 1) this.broken('two pods of one VMI', twins.map(keyOf).join(', '));
  }

  #vmiWritten({ before, object, removed, version }: Change): void {
    const vmi = object as VirtualMachineInstance;
    const was = before as VirtualMachineInstance | undefined;
    const uid = vmi.metadata.uid ?? '';
    const key = keyOf(vmi);
    // Made of a VM that is gone, by a leader whose cache lags or by a request that hung: the garbage collector takes it,
    // and a VM that has the name by now has nothing to do with it.
    if (!was && !this.#world.lives(controllerOf(vmi)?.uid ?? '')) this.#ofNobody.add(uid);
    const record = this.#ofNobody.has(uid) ? new VmRecord() : this.recordOf(key);
    if (!was) {
      if (this.#ofNobody.has(uid)) return;
      const unwanted = record.instanceMade(uid, version, this.#world.servesLate, this.#world.agenda.nowMs);
      // A start that is still listed is owed, even if an instance was made for it: it is carried out at least once.
      const vm = this.#world.api.find(virtualMachines, vmi.metadata as ObjectName);
      // A create that hung until after its successor's end cannot be told from a new one: see docs/simulation.md.
      const owed = this.#world.servesLate || vm?.status?.stateChangeRequests?.some(({ action }) => action === 'Start');
      if (unwanted !== undefined && !owed)
        this.broken('an instance is made that nobody asked for', `${key}: ${unwanted}`);
      return;
    }
    if (removed) {
      record.instanceGone(vmi);
      if (this.#world.runningDomains().some(({ vmiUid }) => vmiUid === uid))
        this.broken('a VMI goes while its domain runs', key);
      return;
    }
    record.instanceWritten(vmi);
    const wanted = record.mayGo(uid) || !this.#world.lives(controllerOf(vmi)?.uid ?? '');
    if (vmi.metadata.deletionTimestamp && !was.metadata.deletionTimestamp && !wanted)
      this.broken('an instance is stopped that nobody asked to stop', key);
    this.#checkStatus(was, vmi);
  }

  #checkStatus(was: VirtualMachineInstance, vmi: VirtualMachineInstance): void {
    const key = keyOf(vmi);
    const [from, to] = [was.status?.phase ?? '', vmi.status?.phase ?? ''];
    if (from !== to && !MOVES[from].includes(to)) this.broken('a phase off the table', `${key}: ${from} to ${to}`);
    if (to === 'Running' && !this.#started.has(vmi.metadata.uid ?? '')) this.broken('Running without a domain', key);
    const node = was.status?.nodeName;
    if (node && vmi.status?.nodeName !== node) this.broken('a VMI changes its node', `${key}: ${node}`);
    const seen = new Set(vmi.status?.phaseTransitionTimestamps?.map(({ phase }) => phase));
    const lost = was.status?.phaseTransitionTimestamps?.find(({ phase }) => !seen.has(phase));
    if (lost) this.broken('a phase transition timestamp is lost', `${key}: ${lost.phase}`);
  }

  #vmWritten(vm: VirtualMachine, { removed, version }: Change): void {
    const key = keyOf(vm);
    if (!removed) return this.recordOf(key).vmWritten(vm, version, this.#world.agenda.nowMs);
    const { madeTooLate } = this.recordOf(key);
    this.#vms.delete(key);
    if (madeTooLate) return;
    if (this.#world.runningDomains().some((launcher) => this.#keyOf(launcher) === key))
      this.broken('a VM goes while its domain runs', key);
  }
}
