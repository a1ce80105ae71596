interface Timer {
  dueMs: number;
  order: number;
  run: () => void;
}

/**
 * A clock that stands until told. Has the shape of `Clock` of @quickvirt/kube. Wall-clock and monotonic time start
 * apart, so that a test notices code that mixes them up.
 */
export class FakeClock {
  readonly #timers = new Set<Timer>();
  #elapsedMs = 0;
  #wallOffsetMs: number;
  #order = 0;

  constructor(start = new Date('2026-01-01T00:00:00Z')) {
    this.#wallOffsetMs = start.getTime();
  }

  now(): Date {
    return new Date(this.#wallOffsetMs + this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  /** Sets the wall clock without time passing: an NTP step. */
  setWallClock(time: Date): void {
    this.#wallOffsetMs = time.getTime() - this.#elapsedMs;
  }

  /** Timers that have not run. */
  get pending(): number {
    return this.#timers.size;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer: Timer = { dueMs: this.#elapsedMs + Math.max(0, delayMs), order: (this.#order += 1), run };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(toError(signal.reason));
        return;
      }
      const abort = () => {
        cancel();
        reject(toError(signal?.reason));
      };
      const cancel = this.after(delayMs, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Lets time pass: runs what becomes due, in order, and what that leads to. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#elapsedMs + byMs;
    await turnOfEventLoop();
    for (let timer = this.#nextDue(endMs); timer; timer = this.#nextDue(endMs)) {
      this.#timers.delete(timer);
      this.#elapsedMs = Math.max(this.#elapsedMs, timer.dueMs);
      timer.run();
      await turnOfEventLoop();
    }
    this.#elapsedMs = endMs;
  }

  #nextDue(untilMs: number): Timer | undefined {
    return [...this.#timers]
      .filter(({ dueMs }) => dueMs <= untilMs)
      .toSorted((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
