import type { Logger } from '@quickvirt/telemetry';
import { systemClock, type Clock } from './clock.ts';
import type { AnyInformer, Controller } from './controller.ts';
import type { LeaderElector } from './leader-election.ts';

/** Something that runs until aborted and resolves then; a rejection stops the whole Manager. */
export interface Runnable {
  name: string;
  run(signal: AbortSignal): Promise<void>;
}

export interface ManagerOptions {
  logger: Logger;
  /** Controllers and runnables added with `whenLeading` wait for leadership. Left out: they start at once. */
  leaderElector?: LeaderElector;
  /** How long a stop waits for work under way. Defaults to 20 s. */
  stopTimeoutMs?: number;
  clock?: Clock;
}

/**
 * Starts informers, waits for their sync, then starts controllers (as the leader). Stops in the reverse order:
 * controllers end their runs while caches still live, the Lease is released, then informers end.
 */
export class Manager {
  readonly #options: ManagerOptions;
  readonly #clock: Clock;
  readonly #informers = new Set<AnyInformer>();
  readonly #always: Runnable[] = [];
  readonly #leading: Runnable[] = [];

  constructor(options: ManagerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Run always, leader or not. */
  addInformers(...informers: AnyInformer[]): this {
    for (const informer of informers) this.#informers.add(informer);
    return this;
  }

  /** Run while leading (or always, without an elector), after the sync of all informers. Adds their informers. */
  addControllers(...controllers: Controller[]): this {
    for (const controller of controllers) {
      this.addInformers(...controller.informers);
      this.#leading.push(controller);
    }
    return this;
  }

  /** Runs always, or while leading; starts after the sync of all informers. */
  addRunnable(runnable: Runnable, options: { whenLeading?: boolean } = {}): this {
    (options.whenLeading ? this.#leading : this.#always).push(runnable);
    return this;
  }

  /** True once all informers hold their first list: for `/readyz`. */
  get isSynced(): boolean {
    return [...this.#informers].every((informer) => informer.isSynced);
  }

  /**
   * Runs until aborted. Rejects when a runnable fails, when leadership is lost, or when a stop takes too long: the
   * process should end then.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { logger, leaderElector } = this.#options;
    const caches = new AbortController();
    const work = new AbortController();
    const stop = () => work.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const watching = [...this.#informers].map((informer) => informer.run(caches.signal));
    try {
      await untilAborted(Promise.all([...this.#informers].map((informer) => informer.synced())), work.signal);
      if (work.signal.aborted) return;
      logger.info('caches are filled', { informers: this.#informers.size });
      const lead = (leading: AbortSignal) => this.#runAll(this.#leading, leading);
      const leading: Runnable = {
        name: 'leader election',
        run: (until) => (leaderElector ? leaderElector.run(until, lead) : lead(until)),
      };
      await this.#within(this.#runAll([...this.#always, leading], work.signal), work.signal);
    } finally {
      signal.removeEventListener('abort', stop);
      caches.abort();
      await Promise.all(watching);
    }
  }

  /** Runs side by side; the first that rejects stops the others, and its error is thrown. */
  async #runAll(runnables: readonly Runnable[], signal: AbortSignal): Promise<void> {
    const group = new AbortController();
    const stop = () => group.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    let failure: { error: unknown } | undefined;
    const running = runnables.map(async (runnable) => {
      try {
        await runnable.run(group.signal);
      } catch (error) {
        if (group.signal.aborted && failure === undefined && signal.aborted) return;
        this.#options.logger.error('a part of the process failed: all stop', { part: runnable.name, error });
        failure ??= { error };
        group.abort(error);
      }
    });
    // Leading means until the signal says otherwise, even with nothing to run.
    if (runnables.length === 0) await untilAborted(new Promise<void>(() => undefined), signal);
    await Promise.all(running);
    signal.removeEventListener('abort', stop);
    if (failure) throw failure.error;
  }

  async #within(work: Promise<void>, signal: AbortSignal): Promise<void> {
    const { stopTimeoutMs = 20_000 } = this.#options;
    let cancel: (() => void) | undefined;
    const overdue = new Promise<never>((_resolve, reject) => {
      const begin = () => {
        cancel = this.#clock.after(stopTimeoutMs, () =>
          reject(new Error(`work under way did not end within ${stopTimeoutMs} ms of the stop`)),
        );
      };
      if (signal.aborted) begin();
      else signal.addEventListener('abort', begin, { once: true });
    });
    try {
      await Promise.race([work, overdue]);
    } finally {
      cancel?.();
    }
  }
}

/** Resolves with the promise or at the abort, whichever is first. */
async function untilAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const aborted = Promise.withResolvers<void>();
  const abort = () => aborted.resolve();
  signal.addEventListener('abort', abort, { once: true });
  await Promise.race([promise, aborted.promise]);
  signal.removeEventListener('abort', abort);
}
