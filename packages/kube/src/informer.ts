import type { Logger, Metrics } from '@quickvirt/telemetry';
import type { Clock } from './clock.ts';
import type { KubeClient } from './client.ts';
import type { KubeObject, ResourceType } from './resource-type.ts';
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
  metrics?: Metrics;
  clock?: Clock;
}

/** One change of a store. `previous` is what the store held. */
export type StoreChange<T> = { type: 'applied'; object: T; previous: T | undefined } | { type: 'deleted'; object: T };

/** Anything that tells of changed objects: an Informer, or a source of an app's own. */
export interface ChangeSource<T> {
  /** Calls `listener` after each change; the answer ends that. */
  subscribe(listener: (change: StoreChange<T>) => void): () => void;
}

/** A Reflector that keeps a Store: the cache that reconcilers read. */
export class Informer<T extends KubeObject> implements ChangeSource<T> {
  readonly type: ResourceType<T>;
  readonly store: StoreReader<T>;

  constructor(_client: KubeClient, type: ResourceType<T>, options: InformerOptions<T> = {}) {
    this.type = type;
    this.store = new Store<T>(options.indexes);
  }

  /** Lists and watches until aborted; resolves then. Never rejects: failures are logged and tried again. */
  run(_signal: AbortSignal): Promise<void> {
    throw new Error('not landed yet');
  }

  /** Resolves once the store holds the first complete list. */
  synced(): Promise<void> {
    throw new Error('not landed yet');
  }

  /** Whether the store holds a complete list. */
  get isSynced(): boolean {
    throw new Error('not landed yet');
  }

  subscribe(_listener: (change: StoreChange<T>) => void): () => void {
    throw new Error('not landed yet');
  }
}
