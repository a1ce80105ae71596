import { systemClock, type Clock } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';

/** Resolves once no process of that pod is left on this node; rejects when that cannot be told now. */
export type PodEndWait = (podUid: string, signal: AbortSignal) => Promise<void>;

export interface PodEndsOptions {
  readonly untilEnded: PodEndWait;
  /** Called with the VMI's key when its pod has ended. */
  readonly onEnd: (key: string) => void;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** Between two tries to wait for an end that could not be told. */
const RETRY_MS = 5_000;

/** Which pods that were removed from the API server have no process left on this node, one a VMI, by the VMI's key. */
export class PodEnds {
  readonly #options: PodEndsOptions;
  readonly #waits = new Map<string, { podUid: string; hasEnded: boolean; stop: AbortController }>();

  constructor(options: PodEndsOptions) {
    this.#options = options;
  }

  /** Whether that pod is waited for, and has ended. */
  stateOf(key: string, podUid: string): 'awaited' | 'ended' | undefined {
    const wait = this.#waits.get(key);
    if (wait?.podUid !== podUid) return undefined;
    return wait.hasEnded ? 'ended' : 'awaited';
  }

  /** Waits for that pod's end; another pod's of the same VMI is given up. Does nothing if it is waited for already. */
  await(key: string, podUid: string): void {
    if (this.#waits.get(key)?.podUid === podUid) return;
    this.forget(key);
    const wait = { podUid, hasEnded: false, stop: new AbortController() };
    this.#waits.set(key, wait);
    void this.#follow(key, wait);
  }

  forget(key: string): void {
    this.#waits.get(key)?.stop.abort(new Error('nobody waits for the end of the pod any more'));
    this.#waits.delete(key);
  }

  /** Gives up all waiting. */
  close(): void {
    for (const key of this.#waits.keys()) this.forget(key);
  }

  /** Never rejects. */
  async #follow(key: string, wait: { podUid: string; hasEnded: boolean; stop: AbortController }): Promise<void> {
    const { untilEnded, onEnd, logger, clock = systemClock } = this.#options;
    const { signal } = wait.stop;
    while (!signal.aborted) {
      try {
        await untilEnded(wait.podUid, signal);
        if (signal.aborted) return;
        wait.hasEnded = true;
        logger.info('no process of a pod that was removed is left', { vmi: key, podUid: wait.podUid });
        return onEnd(key);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn('the end of a pod that was removed cannot be told: tried again', { vmi: key, error });
        await clock.sleep(RETRY_MS, signal).catch(() => undefined);
      }
    }
  }
}
