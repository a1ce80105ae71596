import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions {
  /** Defaults to 10 s. */
  timeoutMs?: number;
  /** Time between two looks. Defaults to 20 ms. */
  intervalMs?: number;
  /** Errors of `look` after which waiting longer is no help. Defaults to none. */
  giveUp?: (error: unknown) => boolean;
}

/**
 * Looks again until `look` neither throws nor answers false or undefined; resolves with its answer. For the state of a
 * world that a test does not drive itself.
 * @throws the last error of `look`, or Error when it only ever answered false or undefined.
 */
export async function eventually<Found>(
  look: () => Found | Promise<Found>,
  options: EventuallyOptions = {},
): Promise<Exclude<Found, false | undefined>> {
  const { timeoutMs = 10_000, intervalMs = 20, giveUp } = options;
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown = new Error(`not true within ${timeoutMs} ms: ${look.toString().slice(0, 200)}`);
    try {
      const found = await look();
      if (found !== false && found !== undefined) return found as Exclude<Found, false | undefined>;
    } catch (error) {
      if (giveUp?.(error)) throw error;
      failure = error;
    }
    if (performance.now() >= endMs) throw failure;
    await sleep(intervalMs);
  }
}

/** Like `eventually` for assertions, whose answer means nothing. */
export function settle(assert: () => void | Promise<void>, options?: EventuallyOptions): Promise<true> {
  return eventually(async (): Promise<true> => {
    await assert();
    return true;
  }, options);
}
