import { nodes } from '@quickvirt/kube';
import type { Fault } from './plan.ts';
import type { Mutant } from './mutants.ts';
import { startController } from './processes/controller-process.ts';
import { startHandler } from './processes/handler-process.ts';
import type { Process } from './processes/process.ts';
import type { Owner } from './world/agenda.ts';
import type { World } from './world/world.ts';

/** Starts our processes, does harm to them and to the nodes as told, and repairs all of it in the end. */
export class Operator implements Owner {
  readonly name = 'operator';
  readonly #world: World;
  readonly #mutant: Mutant | undefined;
  readonly #controllers: (Process | undefined)[] = [undefined, undefined];
  readonly #handlers = new Map<string, Process | undefined>();

  constructor(world: World, mutant: Mutant | undefined) {
    this.#world = world;
    this.#mutant = mutant;
  }

  begin(): void {
    this.#startController(0);
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
      case 'twoLeaders':
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
    if (this.#controllers[0]?.alive) this.#controllers[1]?.crash();
    else if (!this.#controllers[1]?.alive) this.#startController(0);
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
    this.#controllers[slot] = startController(this.#world, `virt-controller-${slot}`, this.#mutant);
  }

  #startHandler(nodeName: string): void {
    if (this.#handlers.get(nodeName)?.alive || !this.#world.node(nodeName).isPowered) return;
    this.#handlers.set(nodeName, startHandler(this.#world, nodeName, this.#mutant));
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
