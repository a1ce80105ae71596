import { describe, expect, test } from '@jest/globals';
import { RetryAfter, Store, type KubeObject, type StoreChange } from '@quickvirt/kube';
import { FakeClock } from '@quickvirt/testing';
import { OwnWrites } from './own-writes.ts';

function object(name: string, resourceVersion: string): KubeObject {
  return { metadata: { name, namespace: 'default', resourceVersion } };
}

function aCache() {
  const store = new Store<KubeObject>();
  const listeners: ((change: StoreChange<KubeObject>) => void)[] = [];
  const emit = (change: StoreChange<KubeObject>) => listeners.forEach((listener) => listener(change));
  return {
    store,
    subscribe: (listener: (change: StoreChange<KubeObject>) => void) => {
      listeners.push(listener);
      return () => undefined;
    },
    apply: (applied: KubeObject) => emit({ type: 'applied', object: applied, previous: store.set(applied) }),
    remove: (key: string) => {
      const gone = store.delete(key);
      if (gone) emit({ type: 'deleted', object: gone });
    },
  };
}

describe('OwnWrites', () => {
  test('awaits a write until the cache holds it or a later one', () => {
    const cache = aCache();
    const writes = new OwnWrites(cache);
    cache.apply(object('a', '8'));
    writes.note(object('a', '10'));
    expect(() => writes.requireSeen('default/a')).toThrow(RetryAfter);
    cache.apply(object('a', '9'));
    expect(() => writes.requireSeen('default/a')).toThrow(RetryAfter);
    cache.apply(object('a', '11'));
    expect(() => writes.requireSeen('default/a')).not.toThrow();
  });

  test('awaits an object that was created', () => {
    const cache = aCache();
    const writes = new OwnWrites(cache);
    writes.note(object('new', '5'));
    expect(() => writes.requireSeen('default/new')).toThrow(RetryAfter);
    cache.apply(object('new', '5'));
    expect(() => writes.requireSeen('default/new')).not.toThrow();
  });

  test('does not await what came before the answer to the write did, nor a write that changed nothing', () => {
    const cache = aCache();
    const writes = new OwnWrites(cache);
    cache.apply(object('a', '10'));
    writes.note(object('a', '10'));
    expect(() => writes.requireSeen('default/a')).not.toThrow();
  });

  test('gives up on an object that is gone', () => {
    const cache = aCache();
    const writes = new OwnWrites(cache);
    cache.apply(object('a', '8'));
    writes.note(object('a', '10'));
    cache.remove('default/a');
    expect(() => writes.requireSeen('default/a')).not.toThrow();
  });

  test('does not await the last write of an object that goes with it', () => {
    const cache = aCache();
    const writes = new OwnWrites(cache);
    const last = object('a', '10');
    writes.note({ ...last, metadata: { ...last.metadata, deletionTimestamp: '2026-08-01T00:00:00Z', finalizers: [] } });
    expect(() => writes.requireSeen('default/a')).not.toThrow();
  });

  test('gives up after a while, so that nothing is stuck on a change that never comes', async () => {
    const clock = new FakeClock();
    const writes = new OwnWrites(aCache(), clock);
    writes.note(object('a', '10'));
    expect(() => writes.requireSeen('default/a')).toThrow(RetryAfter);
    await clock.advance(5_000);
    expect(() => writes.requireSeen('default/a')).not.toThrow();
  });
});
