import { endProcess, type LaunchedProcess } from '@quickvirt/testing';

/** A process that is started again when it ends, as a kubelet does with a container. */
export interface KeptProcess {
  /** The one that runs, or ran last. */
  readonly current: LaunchedProcess;
  /** How often it was started again. */
  readonly restarts: number;
  /** Ends it for good. */
  stop(): Promise<void>;
}

/** The kubelet's back-off of a container that ends: none, then 10 s, doubled up to 5 minutes. */
const FIRST_BACK_OFF_MS = 10_000;
const MAX_BACK_OFF_MS = 300_000;

/**
 * Starts a process and keeps it running.
 * @param start the n-th start, counted from 0
 */
export async function keepRunning(start: (count: number) => Promise<LaunchedProcess>): Promise<KeptProcess> {
  let current = await start(0);
  let restarts = 0;
  let stopped = false;
  let waiting: NodeJS.Timeout | undefined;
  let starting: Promise<void> = Promise.resolve();
  const again = async (): Promise<void> => {
    restarts += 1;
    try {
      current = await start(restarts);
      if (!stopped) current.child.once('close', schedule);
    } catch (error) {
      console.error(`start ${restarts} failed: ${String(error)}`);
      schedule();
    }
  };
  const schedule = (): void => {
    if (stopped) return;
    const delayMs = restarts === 0 ? 0 : Math.min(FIRST_BACK_OFF_MS * 2 ** (restarts - 1), MAX_BACK_OFF_MS);
    waiting = setTimeout(() => {
      starting = again();
    }, delayMs);
  };
  current.child.once('close', schedule);
  return {
    get current() {
      return current;
    },
    get restarts() {
      return restarts;
    },
    stop: async () => {
      stopped = true;
      clearTimeout(waiting);
      await starting;
      await endProcess(current.child);
    },
  };
}
