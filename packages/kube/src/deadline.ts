/** A signal that is aborted with its parent's or when the time is up, whichever is first. */
export interface Deadline {
  signal: AbortSignal;
  /** Whether the time was up. */
  expired(): boolean;
  /** Must be called when the work is done: takes the timer and the listener off. */
  dispose(): void;
}

/** Unlike `AbortSignal.any`, leaves nothing behind on a parent that lives as long as the process. */
export function deadline(parent: AbortSignal | undefined, timeoutMs: number | undefined): Deadline {
  const controller = new AbortController();
  let expired = false;
  const abort = () => controller.abort(parent?.reason);
  if (parent?.aborted) abort();
  else parent?.addEventListener('abort', abort, { once: true });
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          expired = true;
          controller.abort(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError'));
        }, timeoutMs);
  return {
    signal: controller.signal,
    expired: () => expired,
    dispose: () => {
      clearTimeout(timer);
      parent?.removeEventListener('abort', abort);
    },
  };
}
