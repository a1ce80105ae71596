import { systemClock, type Clock } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';
import { LauncherConnection } from './launcher-connection.ts';
import type { LauncherDialer } from './launcher-dialer.ts';

export interface LaunchersOptions {
  dialer: LauncherDialer;
  logger: Logger;
  clock?: Clock;
}

/** The launchers of this node's guests, one connection a VMI, by the VMI's key (`namespace/name`). */
export class Launchers {
  readonly #options: LaunchersOptions;
  readonly #connections = new Map<string, LauncherConnection>();
  readonly #listeners = new Set<(key: string) => void>();

  constructor(options: LaunchersOptions) {
    this.#options = options;
  }

  get(key: string): LauncherConnection | undefined {
    return this.#connections.get(key);
  }

  /** How many launchers are followed now. */
  get size(): number {
    return this.#connections.size;
  }

  /** Calls `listener` with the VMI's key at each change of what is known of its launcher. */
  subscribe(listener: (key: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Follows that pod's launcher; another pod's of the same VMI is given up. Does nothing if it is followed already. */
  connect(key: string, podUid: string): void {
    const present = this.#connections.get(key);
    if (present?.podUid === podUid) return;
    present?.close();
    const { dialer, logger, clock = systemClock } = this.#options;
    const connection = new LauncherConnection({
      dialer,
      podUid,
      logger: logger.child({ vmi: key }),
      clock,
      onChange: () => {
        if (this.#connections.get(key) !== connection) return;
        for (const listener of this.#listeners) listener(key);
      },
    });
    this.#connections.set(key, connection);
    void connection.run();
  }

  disconnect(key: string): void {
    this.#connections.get(key)?.close();
    this.#connections.delete(key);
  }

  /** Gives up all connections; guests are not touched. */
  close(): void {
    for (const key of this.#connections.keys()) this.disconnect(key);
  }
}
