import type { Logger, Metrics } from '@quickvirt/telemetry';
import type { Clock } from './clock.ts';
import type { KubeClient } from './client.ts';

export interface LeaderElectorOptions {
  lease: { name: string; namespace: string };
  /** Names this process; the pod's name plus something unique. */
  identity: string;
  /** How long others wait after the last renewal they saw. Defaults to 15 s. */
  leaseDurationMs?: number;
  /** The leader gives up when it could not renew for this long. Defaults to 10 s. */
  renewDeadlineMs?: number;
  /** Time between renewals and between attempts. Defaults to 2 s. */
  retryPeriodMs?: number;
  logger: Logger;
  metrics?: Metrics;
  clock?: Clock;
}

/** Leadership was lost while work was under way: the process must end, another may be leading already. */
export class LeadershipLost extends Error {}

/** Leader election by a coordination.k8s.io Lease. */
export class LeaderElector {
  constructor(_client: KubeClient, _options: LeaderElectorOptions) {}

  get isLeader(): boolean {
    throw new Error('not landed yet');
  }

  /**
   * Waits for leadership, then runs `lead` with a signal that is aborted when leadership is lost or `signal` is aborted.
   * On stop it waits for `lead` to end and releases the Lease, so that a successor starts at once.
   * @throws LeadershipLost when the Lease could not be renewed in time.
   */
  run(_signal: AbortSignal, _lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    throw new Error('not landed yet');
  }
}
