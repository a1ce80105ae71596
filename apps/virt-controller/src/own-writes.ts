import {
  keyOf,
  RetryAfter,
  systemClock,
  type ChangeSource,
  type Clock,
  type KubeObject,
  type StoreChange,
  type StoreReader,
} from '@quickvirt/kube';

/** The cache that writes are awaited in. */
export interface WatchedCache<T extends KubeObject> extends ChangeSource<T> {
  readonly store: StoreReader<T>;
}

/** A change that has not come after this time never will: the object was deleted meanwhile, or the watch is broken. */
const AWAITED_MS = 5_000;

/**
 * Knows which objects a cache still lacks our latest write of. A controller that looks before the cache has caught up
 * would do the same again: one refused or idle write each time. The change that it lacks enqueues the object when it
 * comes.
 */
export class OwnWrites<T extends KubeObject> {
  readonly #store: StoreReader<T>;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** The latest write that the cache lacks, by key. */
  readonly #awaited = new Map<string, { resourceVersion: string; untilMs: number }>();

  constructor(cache: WatchedCache<T>, clock: Pick<Clock, 'monotonicMs'> = systemClock) {
    this.#store = cache.store;
    this.#clock = clock;
    cache.subscribe((change) => this.#arrived(change));
  }

  /** Remembers an object as the API server answered our write of it. */
  note(written: KubeObject): void {
    const { resourceVersion, deletionTimestamp, finalizers = [] } = written.metadata;
    const key = keyOf(written);
    // The write that takes the last finalizer off is the object's last.
    if (resourceVersion === undefined || (deletionTimestamp && finalizers.length === 0)) return;
    if (isAtLeast(this.#store.get(key), resourceVersion)) return;
    this.#awaited.set(key, { resourceVersion, untilMs: this.#clock.monotonicMs() + AWAITED_MS });
  }

  /**
   * Ends a look that would see the object as it was before our latest write of it.
   * @throws RetryAfter
   */
  requireSeen(key: string): void {
    const awaited = this.#awaited.get(key);
    if (!awaited) return;
    const leftMs = awaited.untilMs - this.#clock.monotonicMs();
    if (leftMs > 0) throw new RetryAfter(leftMs, 'the cache lacks our own write');
    this.#awaited.delete(key);
  }

  #arrived({ type, object }: StoreChange<T>): void {
    const key = keyOf(object);
    const awaited = this.#awaited.get(key);
    if (awaited === undefined) return;
    if (type === 'deleted' || isAtLeast(object, awaited.resourceVersion)) this.#awaited.delete(key);
  }
}

/** resourceVersions of one kind can be compared as numbers (KEP-5504). */
function isAtLeast(object: KubeObject | undefined, resourceVersion: string): boolean {
  const held = object?.metadata.resourceVersion;
  return held !== undefined && asNumber(held) >= asNumber(resourceVersion);
}

function asNumber(resourceVersion: string): bigint {
  return /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : 0n;
}
