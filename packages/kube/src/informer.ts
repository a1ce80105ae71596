import type { Logger } from '@quickvirt/telemetry';
import type { Clock } from './clock.ts';
import type { ApiClient } from './client.ts';
import { Reflector, type ReflectorEvent } from './reflector.ts';
import { keyOf, type KubeObject, type ResourceType } from './resource-type.ts';
import { Store, type IndexFunction, type StoreReader } from './store.ts';

export interface InformerOptions<T extends KubeObject> {
  /** Left out: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  indexes?: Record<string, IndexFunction<T>>;
  /**
   * Cuts an object down to what is read before it is kept; must keep `metadata.name`, `namespace`, `uid` and
   * `resourceVersion`. `metadata.managedFields` never is kept.
   */
  trim?: (object: T) => T;
  logger?: Logger;
  clock?: Clock;
  /** A watch that is silent for longer is given up. Defaults to 120 s. */
  idleTimeoutMs?: number;
  /** Objects a page of the list. Defaults to 500. */
  pageSize?: number;
  /** 0 to 1, for the jitter of the reflector's back-off. Defaults to Math.random. */
  random?: () => number;
}

/** One change of a store. `previous` is what the store held. */
export type StoreChange<T> = { type: 'applied'; object: T; previous: T | undefined } | { type: 'deleted'; object: T };

/** Anything that tells of changed objects: an Informer, or a source of an app's own. */
export interface ChangeSource<T> {
  /** Calls `listener` after each change; the answer ends that. */
  subscribe(listener: (change: StoreChange<T>) => void): () => void;
}

/**
 * A Reflector that keeps a Store: the cache that reconcilers read. Guarantees: the store holds one complete list before
 * `synced` resolves, and swaps to a new one at once; a change is told after the store shows it; an object made again
 * under its name is told as deleted first; nothing is told twice for one resourceVersion.
 */
export class Informer<T extends KubeObject> implements ChangeSource<T> {
  readonly type: ResourceType<T>;
  readonly store: StoreReader<T>;
  readonly #store: Store<T>;
  readonly #options: InformerOptions<T>;
  readonly #reflector: Reflector<T>;
  readonly #listeners = new Set<(change: StoreChange<T>) => void>();
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  /** The new state while a list comes in. */
  #gathering: Map<string, T> | undefined;
  /** Up to where the reflector has told everything. */
  #position: bigint | undefined;
  /** Keys whose object came from `wrote` and has not come by watch yet. */
  readonly #ahead = new Set<string>();

  constructor(client: ApiClient, type: ResourceType<T>, options: InformerOptions<T> = {}) {
    const { namespace, labelSelector, fieldSelector, logger, clock, idleTimeoutMs, pageSize, random } = options;
    this.type = type;
    this.#store = new Store<T>(options.indexes);
    this.store = this.#store;
    this.#options = options;
    this.#reflector = new Reflector(client, type, {
      namespace,
      labelSelector,
      fieldSelector,
      logger,
      clock,
      idleTimeoutMs,
      pageSize,
      random,
    });
  }

  /** Lists and watches until aborted; resolves then. Never rejects: failures are logged and tried again. */
  run(signal: AbortSignal): Promise<void> {
    return this.#reflector.run(signal, (event) => this.#take(event));
  }

  /** Resolves once the store holds the first complete list. */
  synced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Whether the store holds a complete list. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  subscribe(listener: (change: StoreChange<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Shows the API server's answer to one of our own writes at once, so that the next reconcile does not act on the past
   * and repeat the write. Safe against races: an answer that the watch has already passed is dropped, and older events
   * that still come for the object are too. A write that took a deleted object's last finalizer off is not shown: the
   * object is gone with it. Relies on resourceVersions being numbers that grow (KEP-5504; true of etcd).
   */
  wrote(object: T): void {
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp && finalizers.length === 0) return;
    const version = versionOf(object);
    const key = keyOf(object);
    if (version === undefined || this.#position === undefined || version <= this.#position) return;
    const held = versionOf(this.#store.get(key));
    if (held !== undefined && held >= version) return;
    this.#ahead.add(key);
    this.#apply(this.#prepare(object));
  }

  #take(event: ReflectorEvent<T>): void {
    switch (event.type) {
      case 'init':
        this.#gathering = new Map();
        return;
      case 'initApply':
        this.#gathering?.set(keyOf(event.object), this.#prepare(event.object));
        return;
      case 'initDone':
        this.#position = toVersion(event.position);
        this.#swap(this.#gathering ?? new Map<string, T>());
        this.#gathering = undefined;
        this.#isSynced = true;
        this.#synced.resolve();
        return;
      case 'apply':
        this.#position = toVersion(event.position);
        if (!this.#isOvertaken(event.object)) this.#apply(this.#prepare(event.object));
        return;
      case 'delete':
        this.#position = toVersion(event.position);
        if (!this.#isOvertaken(event.object)) this.#delete(keyOf(event.object));
        return;
      case 'position':
        this.#position = toVersion(event.position);
        return;
    }
  }

  /** Whether the store is ahead of an event through `wrote`. */
  #isOvertaken(object: T): boolean {
    const key = keyOf(object);
    if (!this.#ahead.has(key)) return false;
    const held = versionOf(this.#store.get(key));
    const told = versionOf(object);
    if (held !== undefined && told !== undefined && told < held) return true;
    this.#ahead.delete(key);
    return false;
  }

  #swap(next: Map<string, T>): void {
    for (const key of this.#store.keys()) {
      if (!next.has(key) && !this.#isNewerThanList(key)) this.#delete(key);
    }
    for (const [key, object] of next) {
      if (!this.#isNewerThanList(key)) this.#apply(object);
    }
  }

  #isNewerThanList(key: string): boolean {
    if (!this.#ahead.has(key)) return false;
    const held = versionOf(this.#store.get(key));
    if (held !== undefined && this.#position !== undefined && held > this.#position) return true;
    this.#ahead.delete(key);
    return false;
  }

  #apply(object: T): void {
    const held = this.#store.get(keyOf(object));
    if (held?.metadata.uid === object.metadata.uid && held !== undefined) {
      if (held.metadata.resourceVersion === object.metadata.resourceVersion) return;
    } else if (held) {
      this.#delete(keyOf(object));
    }
    const previous = this.#store.set(object);
    this.#tell({ type: 'applied', object, previous });
  }

  #delete(key: string): void {
    this.#ahead.delete(key);
    const object = this.#store.delete(key);
    if (object) this.#tell({ type: 'deleted', object });
  }

  #tell(change: StoreChange<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#options.logger?.error('a listener of the informer failed', { resource: this.type.plural, error });
      }
    }
  }

  #prepare(object: T): T {
    const { managedFields: _dropped, ...metadata } = object.metadata;
    const kept = { ...object, metadata };
    return this.#options.trim ? this.#options.trim(kept) : kept;
  }
}

function versionOf(object: KubeObject | undefined): bigint | undefined {
  return toVersion(object?.metadata.resourceVersion);
}

/** A resourceVersion as a number; undefined where a server uses another form (then nothing is compared). */
function toVersion(resourceVersion: string | undefined): bigint | undefined {
  return resourceVersion && /^\d+$/.test(resourceVersion) ? BigInt(resourceVersion) : undefined;
}
