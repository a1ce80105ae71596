/** Lets `burst` through at once and one more each `refillMs`. */
export class TokenBucket {
  readonly #burst: number;
  readonly #refillMs: number;
  #tokens: number;
  #countedAtMs: number;

  constructor(options: { burst: number; refillMs: number; nowMs: number }) {
    this.#burst = options.burst;
    this.#refillMs = options.refillMs;
    this.#tokens = options.burst;
    this.#countedAtMs = options.nowMs;
  }

  /** Takes one token at `nowMs` (monotonic); false when there is none. */
  take(nowMs: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#countedAtMs) / this.#refillMs);
    this.#countedAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
