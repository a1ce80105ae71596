import { keyOf, type ChangeSource, type KubeObject, type StoreChange, type StoreReader } from '@quickvirt/kube';

/** The cache that writes are awaited in. */
export interface WatchedCache<T extends KubeObject> extends ChangeSource<T> {
  readonly store: StoreReader<T>;
}

/**
 * Knows which objects a cache still lacks our latest write of. A controller that looks before the cache has caught up
 * would do the same again: one refused or idle write each time. It need not wait: the change that it lacks enqueues the
 * object when it comes.
 */
export class OwnWrites<T extends KubeObject> {
  readonly #store: StoreReader<T>;
  /** resourceVersion of the latest write that the cache lacks, by key. */
  readonly #awaited = new Map<string, string>();

  constructor(cache: WatchedCache<T>) {
    this.#store = cache.store;
    cache.subscribe((change) => this.#arrived(change));
  }

  /** Remembers an object as the API server answered our write of it. */
  note(written: KubeObject): void {
    const { resourceVersion } = written.metadata;
    const key = keyOf(written);
    if (resourceVersion === undefined || isAtLeast(this.#store.get(key), resourceVersion)) return;
    this.#awaited.set(key, resourceVersion);
  }

  /** Whether the cache still lacks our latest write of the object. */
  isAwaited(key: string): boolean {
    return this.#awaited.has(key);
  }

  #arrived({ type, object }: StoreChange<T>): void {
    const key = keyOf(object);
    const awaited = this.#awaited.get(key);
    if (awaited === undefined) return;
    if (type === 'deleted' || isAtLeast(object, awaited)) this.#awaited.delete(key);
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
