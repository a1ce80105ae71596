import { systemClock, type Clock } from './clock.ts';
import type { WorkQueueObserver } from './work-queue-metrics.ts';

export interface WorkQueueOptions {
  clock?: Clock;
  observer?: WorkQueueObserver;
  /** First delay of a key that failed; doubles with each failure in a row. Defaults to 20 ms. */
  minRetryMs?: number;
  /** Defaults to 60 s. */
  maxRetryMs?: number;
  random?: () => number;
}

/**
 * Keys to work on. Guarantees: a key is worked on by one worker at a time; a key added once or many times before it is
 * taken is taken once; a key added while it is worked on is taken once more afterwards; keys are taken in the order in
 * which they became due.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #options: WorkQueueOptions;
  /** Keys that wait, in order. */
  readonly #waiting = new Set<string>();
  readonly #working = new Set<string>();
  /** Keys added while they are worked on. */
  readonly #again = new Set<string>();
  readonly #delayed = new Map<string, { dueMs: number; cancel: () => void }>();
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor(options: WorkQueueOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    options.observer?.attach(this);
  }

  /** Keys that are due and not taken. */
  get depth(): number {
    return this.#waiting.size;
  }

  add(key: string): void {
    if (this.#closed) return;
    this.#cancelDelay(key);
    if (this.#working.has(key)) {
      if (!this.#again.has(key)) this.#options.observer?.added(key);
      this.#again.add(key);
      return;
    }
    if (this.#waiting.has(key)) return;
    this.#options.observer?.added(key);
    const taker = this.#takers.shift();
    if (taker) this.#hand(key, taker);
    else this.#waiting.add(key);
  }

  /** Adds later; of several delays for one key the earliest holds. A plain `add` meanwhile takes its place. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) return this.add(key);
    const dueMs = this.#clock.monotonicMs() + delayMs;
    const delayed = this.#delayed.get(key);
    if (delayed && delayed.dueMs <= dueMs) return;
    delayed?.cancel();
    const cancel = this.#clock.after(delayMs, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { dueMs, cancel });
  }

  /** Counts a failure of the key and adds it after its back-off; answers the delay. */
  addRateLimited(key: string): number {
    const { minRetryMs = 20, maxRetryMs = 60_000, random = Math.random } = this.#options;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#options.observer?.retried();
    const stepMs = Math.min(maxRetryMs, minRetryMs * 2 ** Math.min(failures, 30));
    const delayMs = stepMs * (0.75 + random() / 4);
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** Forgets a key's failures: it succeeded. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, which then counts as worked on until `done`; undefined once the queue is closed. */
  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const [key] = this.#waiting;
    return new Promise((resolve) => {
      if (key === undefined) {
        this.#takers.push(resolve);
        return;
      }
      this.#waiting.delete(key);
      this.#hand(key, resolve);
    });
  }

  /** Ends the work on a key that was taken. */
  done(key: string): void {
    if (!this.#working.delete(key)) return;
    this.#options.observer?.ended(key);
    if (!this.#again.delete(key) || this.#closed) return;
    const taker = this.#takers.shift();
    if (taker) this.#hand(key, taker);
    else this.#waiting.add(key);
  }

  /** Wakes all takers with undefined and drops what waits; work under way goes on. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#again.clear();
    for (const taker of this.#takers.splice(0)) taker(undefined);
    this.#options.observer?.detach(this);
  }

  /** Works with so many workers until aborted; resolves when the work under way has ended. `work` must not reject. */
  async run(workers: number, signal: AbortSignal, work: (key: string) => Promise<void>): Promise<void> {
    const close = () => this.close();
    signal.addEventListener('abort', close, { once: true });
    if (signal.aborted) close();
    const worker = async (): Promise<void> => {
      for (let key = await this.take(); key !== undefined; key = await this.take()) {
        try {
          await work(key);
        } finally {
          this.done(key);
        }
      }
    };
    await Promise.all(Array.from({ length: workers }, worker));
    signal.removeEventListener('abort', close);
  }

  #hand(key: string, taker: (key: string) => void): void {
    this.#working.add(key);
    this.#options.observer?.began(key);
    taker(key);
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.cancel();
    this.#delayed.delete(key);
  }
}
