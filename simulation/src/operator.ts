import { nodes } from '@quickvirt/kube';
import type { Fault } from './plan.ts';
import type { Mutant } from './mutants.ts';
import { startController, type ControllerProcess } from './processes/controller-process.ts';
import { startHandler } from './processes/handler-process.ts';
import type { Process } from './processes/process.ts';
import type { Owner } from './world/agenda.ts';
import type { World } from './world/world.ts';

/** `terminationGracePeriodSeconds` of our pods. */
const SHUTDOWN_GRACE_MS = 30_000;
/** So soon a container that ended is started again. */
const RESTART_MS = 1_000;

/** Starts our processes, does harm to them and to the nodes as told, and repairs all of it in the end. */
export class Operator implements Owner {
  readonly name = 'operator';
  readonly #world: World;
  readonly #mutant: Mutant | undefined;
  readonly #election: boolean;
  readonly #controllers: (ControllerProcess | undefined)[] = [undefined, undefined];
  readonly #handlers = new Map<string, Process | undefined>();

  /** After which time those are replaced that were told to stop. */
  readonly #downMs = new WeakMap<Process, number>();
  /** How many virt-controllers there were. */
  #started = 0;

  /** @param election whether virt-controllers elect a leader. */
  constructor(world: World, { mutant, election }: { mutant: Mutant | undefined; election: boolean }) {
    this.#world = world;
    this.#mutant = mutant;
    this.#election = election;
  }

  begin(): void {
    this.#startController(0);
    if (this.#election) this.#startController(1);
    for (const { name } of this.#world.nodes) this.#startHandler(name);
  }

  inflict(fault: Fault): void {
    switch (fault.type) {
      case 'crashController':
        this.#crashController(fault.which, fault.downMs);
        return;
      case 'crashHandler':
      case 'restartHandler':
        this.#crashHandler(this.#nodeName(fault.which), fault.downMs);
        return;
      case 'stopController':
      case 'stopHandler': {
        const controller = this.#controllers[fault.which];
        const process = fault.type === 'stopController' ? controller : this.handlerOf(this.#nodeName(fault.which));
        if (process) this.stop(process, fault.downMs);
        return;
      }
      case 'pause': {
        const process = this.#process(fault.which);
        if (!process) return;
        process.pause();
        this.#later(fault.forMs, () => process.resume(fault.clockStopped));
        return;
      }
      case 'twoLeaders':
        // Where a leader is elected that is for the candidates to bring about, if they can.
        if (this.#election) return;
        this.#startController(1);
        this.#later(fault.forMs, () => this.#controllers[1]?.crash());
        return;
      case 'stall': {
        const process = this.#process(fault.which);
        if (!process) return;
        this.#world.stall(process);
        this.#later(fault.forMs, () => this.#world.unstall(process));
        return;
      }
      case 'lagWatches': {
        const process = this.#process(fault.which);
        if (!process) return;
        this.#world.lagWatches(process, fault.plural, fault.forMs);
        return;
      }
      case 'cutWatches':
        this.#world.endWatches('cut');
        return;
      case 'expireWatches':
        this.#world.endWatches('expired');
        return;
      case 'repeatEvents':
        this.#world.repeatEvents();
        return;
      case 'stepClock':
        this.#process(fault.which)?.stepClock(fault.byMs);
        return;
      case 'killLauncher':
        this.#launcher(fault.which)?.kill();
        return;
      case 'endGuest':
        this.#launcher(fault.which)?.endGuest(fault.how);
        return;
      case 'disconnectNode':
        this.#disconnect(this.#nodeName(fault.which), fault.forMs);
        return;
      case 'powerOffNode':
        this.#powerOff(this.#nodeName(fault.which), fault.forMs, fault.proof);
    }
  }

  /** One leader, a handler on each node, all nodes up, all clocks right. */
  repair(): void {
    this.#world.agenda.forget(this);
    // Who was told to stop may have nobody left to start it again.
    for (const process of this.#processes()) {
      process.resume(false);
      if (process.isStopping) process.crash();
    }
    this.#startController(0);
    if (this.#election) this.#startController(1);
    else this.#controllers[1]?.crash();
    for (const node of this.#world.nodes) {
      this.#powerOn(node.name);
      this.#world.connectNode(node.name);
      if (!this.#handlers.get(node.name)?.alive) this.#startHandler(node.name);
    }
    for (const process of this.#processes()) {
      process.setClockRight();
      this.#world.endLag();
      this.#world.unstall(process);
    }
  }

  /** The virt-controllers whose controllers run. */
  get leaders(): ControllerProcess[] {
    return this.#controllers.filter((process) => process?.alive === true && process.leads) as ControllerProcess[];
  }

  /** The virt-handler of a node. */
  handlerOf(nodeName: string): Process | undefined {
    return this.#handlers.get(nodeName);
  }

  /** As the kubelet ends a pod: SIGTERM, and SIGKILL after its grace period; another one is started later. */
  stop(process: Process, downMs: number): void {
    if (!process.alive || process.isStopping) return;
    process.stop();
    this.#downMs.set(process, downMs);
    this.#later(SHUTDOWN_GRACE_MS, () => {
      if (process.alive) this.#ended(process);
    });
  }

  /** Lets go of everything. */
  end(): void {
    for (const process of this.#processes()) process.crash();
  }

  #processes(): Process[] {
    return [...this.#controllers, ...this.#handlers.values()]
      .filter((process) => process !== undefined)
      .filter(({ alive }) => alive);
  }

  #process(which: number): Process | undefined {
    const all = this.#processes();
    return all[which % all.length];
  }

  #nodeName(which: number): string {
    const { nodes: machines } = this.#world;
    return machines[which % machines.length]?.name ?? '';
  }

  #launcher(which: number) {
    const running = this.#world.nodes.flatMap(({ launchers }) => launchers).filter(({ isRunning }) => isRunning);
    return running[which % running.length];
  }

  #later(delayMs: number, run: () => void): void {
    this.#world.agenda.after(this, 'operator', delayMs, run);
  }

  #startController(slot: number): void {
    if (this.#controllers[slot]?.alive) return;
    const name = `virt-controller-${slot}`;
    const identity = this.#election ? `${name}_${(this.#started += 1)}` : undefined;
    const onEnd = (process: Process) => this.#ended(process);
    this.#controllers[slot] = startController(this.#world, { name, identity, mutant: this.#mutant, onEnd });
  }

  /** The kubelet starts a container again that ended by itself; for a pod that was told to end another one is made. */
  #ended(process: Process): void {
    process.crash();
    const { nodeName } = process;
    const slot = this.#controllers.findIndex((one) => one === process);
    this.#later(this.#downMs.get(process) ?? RESTART_MS, () => {
      if (nodeName !== undefined) this.#startHandler(nodeName);
      else if (slot >= 0) this.#startController(slot);
    });
  }

  #startHandler(nodeName: string): void {
    if (this.#handlers.get(nodeName)?.alive || !this.#world.node(nodeName).isPowered) return;
    const onEnd = (process: Process) => this.#ended(process);
    this.#handlers.set(nodeName, startHandler(this.#world, { nodeName, mutant: this.#mutant, onEnd }));
  }

  #crashController(slot: number, downMs: number): void {
    if (!this.#controllers[slot]?.alive) return;
    this.#controllers[slot].crash();
    this.#later(downMs, () => this.#startController(slot));
  }

  #crashHandler(nodeName: string, downMs: number): void {
    this.#handlers.get(nodeName)?.crash();
    this.#later(downMs, () => this.#startHandler(nodeName));
  }

  #disconnect(nodeName: string, forMs: number): void {
    this.#world.disconnectNode(nodeName);
    this.#later(forMs, () => this.#world.connectNode(nodeName));
  }

  /** Only what is true is said: a node that is on again by then is not called off. */
  #proveOff(nodeName: string, how: 'taint' | 'delete'): void {
    if (!this.#world.node(nodeName).isPowered) this.#world.agents.proveOff(nodeName, how);
  }

  /** Who called a node off takes that back before it is switched on. */
  #powerOn(nodeName: string): void {
    const ref = { name: nodeName };
    if (this.#world.api.find(nodes, ref))
      this.#world.api.patch(nodes, ref, { spec: { taints: null } }, { kind: 'merge' });
    this.#world.node(nodeName).powerOn();
  }

  #powerOff(nodeName: string, forMs: number, proof?: { how: 'taint' | 'delete'; afterMs: number }): void {
    this.#handlers.get(nodeName)?.crash();
    this.#world.powerOffNode(nodeName);
    this.#later(forMs, () => {
      this.#powerOn(nodeName);
      this.#startHandler(nodeName);
    });
    if (proof !== undefined) this.#later(proof.afterMs, () => this.#proveOff(nodeName, proof.how));
  }
}
