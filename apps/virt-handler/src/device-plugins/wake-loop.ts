import { systemClock, type Clock } from '@quickvirt/kube';

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 10_000;

/** Does a piece of work at once, again at each wake-up, and again on its own, ever later, while it is not done. */
export class WakeLoop {
  readonly #clock: Clock;
  #wake = Promise.withResolvers<void>();

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Has the work done once more; wake-ups while it is under way come to one. */
  wake(): void {
    this.#wake.resolve();
  }

  /** @param work tells whether it is done; it must not reject. Resolves when aborted. */
  async run(signal: AbortSignal, work: () => Promise<boolean>): Promise<void> {
    const wake = () => this.wake();
    signal.addEventListener('abort', wake, { once: true });
    let retryMs = FIRST_RETRY_MS;
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers<void>();
      if (await work()) retryMs = FIRST_RETRY_MS;
      else {
        const cancel = this.#clock.after(retryMs, wake);
        this.#wake.promise.then(cancel, cancel);
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      }
      // An abort during the work came before there was this promise to resolve.
      if (!signal.aborted) await this.#wake.promise;
    }
    signal.removeEventListener('abort', wake);
  }
}
