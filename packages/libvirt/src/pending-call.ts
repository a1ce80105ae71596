import { LibvirtCallAbandonedError } from './errors.ts';

/** Limits of one call. */
export interface CallOptions {
  /** Gives the call up; see {@link LibvirtCallAbandonedError} for what that means. */
  signal?: AbortSignal;
  /** The longest wait for the answer, the wait for a free slot included. Defaults to the connection's `callTimeoutMs`. */
  timeoutMs?: number;
}

/** A call's promise, settled exactly once: by the reply, the time-out, the signal or the connection's end. */
export class PendingCall {
  readonly promise: Promise<unknown>;
  #resolve!: (value: unknown) => void;
  #reject!: (error: Error) => void;
  #settled = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort: () => void;

  constructor(procedure: string, { signal, timeoutMs }: { signal?: AbortSignal; timeoutMs: number }) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#signal = signal;
    this.#onAbort = () =>
      this.reject(new LibvirtCallAbandonedError(`${procedure} was given up`, { cause: signal?.reason }));
    if (signal?.aborted) {
      this.#onAbort();
      return;
    }
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#timer = setTimeout(
      () => this.reject(new LibvirtCallAbandonedError(`${procedure} was not answered within ${timeoutMs} ms`)),
      timeoutMs,
    );
  }

  /** True once the caller has its answer: what comes later is dropped. */
  get settled(): boolean {
    return this.#settled;
  }

  resolve(value: unknown): void {
    if (this.#settle()) this.#resolve(value);
  }

  reject(error: Error): void {
    if (this.#settle()) this.#reject(error);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}
