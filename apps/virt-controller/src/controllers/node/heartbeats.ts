import { systemClock, type ChangeSource, type Clock, type Lease, type StoreReader } from '@quickvirt/kube';

/** What of the Leases' cache is used. */
export interface HeartbeatSource extends ChangeSource<Lease> {
  readonly store: StoreReader<Lease>;
}

/** Label of the Leases that virt-handlers renew, one a node. */
export const HEARTBEAT_LABEL = 'kubevirt.io=virt-handler';

const NAME_PREFIX = 'virt-handler-';

/** The node that a virt-handler's Lease is about. */
export function nodeOfHeartbeat(lease: Lease): string {
  return (lease.metadata.name ?? '').slice(NAME_PREFIX.length);
}

/**
 * How long ago each node's virt-handler renewed its Lease, by this process's own monotonic clock: a renewal counts from
 * when it was seen, so that neither the clocks of nodes nor a jump of ours matter. Of a Lease that was not seen to change
 * yet its own time is all there is.
 */
export class Heartbeats {
  readonly #source: HeartbeatSource;
  readonly #namespace: string;
  readonly #clock: Clock;
  /** Monotonic time of the last renewal that was seen, by the Lease's name. */
  readonly #renewedAtMs = new Map<string, number>();

  constructor(source: HeartbeatSource, namespace: string, clock: Clock = systemClock) {
    this.#source = source;
    this.#namespace = namespace;
    this.#clock = clock;
    source.subscribe((change) => {
      const name = change.object.metadata.name ?? '';
      if (change.type === 'deleted') this.#renewedAtMs.delete(name);
      else if (change.previous && change.previous.spec?.renewTime !== change.object.spec?.renewTime)
        this.#renewedAtMs.set(name, clock.monotonicMs());
    });
  }

  /** Milliseconds since the last renewal; Infinity when the node has no Lease. */
  ageMs(nodeName: string): number {
    const name = `${NAME_PREFIX}${nodeName}`;
    const seenAtMs = this.#renewedAtMs.get(name);
    if (seenAtMs !== undefined) return this.#clock.monotonicMs() - seenAtMs;
    const renewTime = this.#source.store.get(`${this.#namespace}/${name}`)?.spec?.renewTime;
    if (renewTime === undefined) return Infinity;
    return Math.max(0, this.#clock.now().getTime() - new Date(renewTime).getTime());
  }
}
