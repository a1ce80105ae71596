import type { VirtualMachine, VirtualMachineInstance, VirtualMachineRunStrategy } from '@quickvirt/api';

/** Something that was asked of a VM, at a version of the API server. */
interface Ask {
  readonly type: 'start' | 'stop' | 'restart';
  readonly version: number;
  /** The instance that is to stop. */
  readonly uid: string | undefined;
}

/** So far a cache may lag behind. */
const LAG_MS = 60_000;

/** Why a VM may have one more instance. */
type Right = 'started by request' | 'run once';

/**
 * What was asked of one VM and what came of it: tells whether an instance that is made or stopped was wanted by anybody,
 * and in the end whether every request was carried out. A decision may be older than the last wish, by a cache that
 * lags, but must have been right at some time since the instance before.
 */
export class VmRecord {
  readonly #asks: Ask[] = [];
  readonly #made: { uid: string; version: number }[] = [];
  /** Instances that somebody or something asked to go. */
  readonly #toGo = new Set<string>();
  readonly #rights: Right[] = [];
  #strategy: VirtualMachineRunStrategy = 'Halted';
  /** In force at some time since the last instance was made. */
  #strategies = new Set<VirtualMachineRunStrategy>();
  /** When a strategy was last in force, of those that are no more. */
  readonly #inForceUntilMs = new Map<VirtualMachineRunStrategy, number>();
  #lastEnd: 'Succeeded' | 'Failed' | 'unknown' | undefined;
  /** When the user last said how the VM is to run, or to be deleted. */
  #lastEdit = 0;
  #instance: string | undefined;
  #deleting = false;
  #madeTooLate = false;

  /** The user made or changed the VM. */
  vmWritten(vm: VirtualMachine, version: number, nowMs: number): void {
    const strategy = vm.spec.runStrategy ?? 'Halted';
    if (strategy !== this.#strategy) {
      this.#inForceUntilMs.set(this.#strategy, nowMs);
      this.#strategy = strategy;
      this.#lastEdit = version;
      if (strategy === 'Once' || strategy === 'RerunOnFailure') this.#rights.push('run once');
    }
    this.#strategies.add(strategy);
    this.#deleting = vm.metadata.deletionTimestamp !== undefined;
    if (this.#instance && (strategy === 'Halted' || this.#deleting)) this.#toGo.add(this.#instance);
  }

  asked(type: Ask['type'], version: number, uid: string | undefined): void {
    this.#asks.push({ type, version, uid });
    if (uid !== undefined) this.#toGo.add(uid);
    if (type !== 'stop') this.#rights.push('started by request');
  }

  /** A user, or Kubernetes, takes the instance away. */
  instanceToGo(uid: string): void {
    this.#toGo.add(uid);
  }

  /** @param late a request that hung made it: what was decided before may still come. Answers what is wrong, if anything. */
  instanceMade(uid: string, version: number, late: boolean, nowMs: number): string | undefined {
    const recent = [...this.#inForceUntilMs].filter(([, untilMs]) => nowMs - untilMs < LAG_MS).map(([one]) => one);
    const strategies = new Set([...this.#strategies, ...recent]);
    if (!late) this.#strategies = new Set([this.#strategy]);
    this.#made.push({ uid, version });
    this.#madeTooLate = this.#deleting;
    this.#instance = uid;
    // A cache that lags may still hold the time when it was halted: it is stopped, and started anew.
    if (this.#strategy === 'Halted' || recent.includes('Halted') || this.#deleting) this.#toGo.add(uid);
    if (strategies.has('Always')) return undefined;
    const failed = this.#lastEnd === 'Failed' || this.#lastEnd === 'unknown';
    if (strategies.has('RerunOnFailure') && failed) return undefined;
    if (this.#rights.pop() !== undefined) return undefined;
    return `${[...strategies].join(', ')} after ${this.#lastEnd ?? 'none'}`;
  }

  instanceWritten(vmi: VirtualMachineInstance): void {
    const phase = vmi.status?.phase;
    if (phase !== 'Succeeded' && phase !== 'Failed') return;
    this.#lastEnd = phase;
    this.#toGo.add(vmi.metadata.uid ?? '');
  }

  instanceGone(vmi: VirtualMachineInstance): void {
    const phase = vmi.status?.phase;
    this.#lastEnd = phase === 'Succeeded' || phase === 'Failed' ? phase : 'unknown';
    this.#instance = undefined;
  }

  /** The instance was made of a VM that was being deleted, by a cache that lagged: the garbage collector takes it. */
  get madeTooLate(): boolean {
    return this.#madeTooLate;
  }

  /** Whether anybody ever asked for the instance's end. */
  mayGo(uid: string): boolean {
    return this.#toGo.has(uid);
  }

  /** Whether a guest that failed is owed another start, in the end, and there is no instance. */
  get owesRerun(): boolean {
    const madeAt = this.#made.at(-1)?.version ?? 0;
    const stopped = this.#asks.some(({ type, version }) => type === 'stop' && version > madeAt);
    return this.#strategy === 'RerunOnFailure' && this.#lastEnd === 'Failed' && !stopped && this.#lastEdit < madeAt;
  }

  /** Requests that were not carried out, in the end. */
  unserved(present: string | undefined): string[] {
    const problems: string[] = [];
    for (const { type, uid } of this.#asks) {
      if (uid !== undefined && uid === present) problems.push(`${type} of instance ${uid}`);
    }
    const last = this.#asks.at(-1);
    if (!last || last.type === 'stop' || last.version < this.#lastEdit) return problems;
    if (!this.#made.some(({ version }) => version > last.version)) problems.push(`${last.type} at ${last.version}`);
    return problems;
  }
}
