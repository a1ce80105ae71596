export interface BackOffOptions {
  /** First delay. */
  minMs: number;
  maxMs: number;
  /** A calm of this length starts over. Left out: only `reset` does. */
  resetAfterMs?: number;
  /** 0 to 1; injectable for tests. */
  random?: () => number;
}

/** Exponential delays (doubling) with jitter, so that many clients of one failed server do not return as one. */
export class BackOff {
  readonly #options: BackOffOptions;
  #failures = 0;
  #lastFailureMs = -Infinity;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** Counts a failure at `nowMs` (monotonic) and answers how long to wait: between half and all of the step. */
  next(nowMs: number): number {
    const { minMs, maxMs, resetAfterMs = Infinity, random = Math.random } = this.#options;
    if (nowMs - this.#lastFailureMs > resetAfterMs) this.#failures = 0;
    this.#lastFailureMs = nowMs;
    const step = Math.min(maxMs, minMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return Math.max(minMs, step * (0.5 + random() / 2));
  }

  reset(): void {
    this.#failures = 0;
  }
}
