import { keyOf, type KubeObject } from './resource-type.ts';

/** Names the values under which an object is found, for example `[object.spec.nodeName]`. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** Read side of a Store. Objects are shared: never change one. */
export interface StoreReader<T extends KubeObject> {
  /** By `namespace/name` (or `name`). */
  get(key: string): T | undefined;
  list(): T[];
  keys(): string[];
  /** @throws Error when no index has that name. */
  byIndex(index: string, value: string): T[];
  readonly size: number;
}

/** Objects by key, with secondary indexes kept in step. */
export class Store<T extends KubeObject> implements StoreReader<T> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, { valuesOf: IndexFunction<T>; keysByValue: Map<string, Set<string>> }>();

  constructor(indexes: Record<string, IndexFunction<T>> = {}) {
    for (const [name, valuesOf] of Object.entries(indexes)) {
      this.#indexes.set(name, { valuesOf, keysByValue: new Map() });
    }
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  list(): T[] {
    return [...this.#objects.values()];
  }

  keys(): string[] {
    return [...this.#objects.keys()];
  }

  get size(): number {
    return this.#objects.size;
  }

  byIndex(index: string, value: string): T[] {
    const keys = this.#index(index).keysByValue.get(value);
    return keys ? [...keys].map((key) => this.#objects.get(key) as T) : [];
  }

  /** Puts an object in; answers the one it replaces. */
  set(object: T): T | undefined {
    const key = keyOf(object);
    const previous = this.delete(key);
    this.#objects.set(key, object);
    for (const { valuesOf, keysByValue } of this.#indexes.values()) {
      for (const value of valuesOf(object)) {
        const keys = keysByValue.get(value);
        if (keys) keys.add(key);
        else keysByValue.set(value, new Set([key]));
      }
    }
    return previous;
  }

  /** Takes an object out; answers it. */
  delete(key: string): T | undefined {
    const object = this.#objects.get(key);
    if (object === undefined) return undefined;
    this.#objects.delete(key);
    for (const { valuesOf, keysByValue } of this.#indexes.values()) {
      for (const value of valuesOf(object)) {
        const keys = keysByValue.get(value);
        keys?.delete(key);
        if (keys?.size === 0) keysByValue.delete(value);
      }
    }
    return object;
  }

  #index(name: string) {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`no index ${name}: declare it in the informer's \`indexes\``);
    return index;
  }
}
