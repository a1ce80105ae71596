import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually, FakeClock, settle } from '@quickvirt/testing';
import type { KubeClient } from './client.ts';
import { configMaps, type ConfigMap } from './core-types.ts';
import { Informer, type InformerOptions } from './informer.ts';
import { aMoment, MemoryApiServer } from './testing/memory-api-server.ts';

let server: MemoryApiServer;
let client: KubeClient;
let clock: FakeClock;
let abort: AbortController;
let running: Promise<void> | undefined;
let told: string[];

beforeEach(async () => {
  server = await MemoryApiServer.start();
  client = server.client();
  clock = new FakeClock();
  abort = new AbortController();
  told = [];
});

afterEach(async () => {
  abort.abort();
  await running;
  await client.close();
  await server.close();
});

const ref = (name: string) => ({ name, namespace: 'default' });
const put = (name: string, value = '') => client.create(configMaps, { metadata: ref(name), data: { value } });
const set = (name: string, value: string) =>
  client.patch(configMaps, ref(name), { data: { value } }, { kind: 'merge' });

async function inform(options: InformerOptions<ConfigMap> = {}): Promise<Informer<ConfigMap>> {
  const informer = new Informer(client, configMaps, { namespace: 'default', clock, ...options });
  informer.subscribe((change) => {
    const before = change.type === 'applied' ? change.previous?.data?.['value'] : undefined;
    told.push(`${change.type} ${change.object.metadata.name} ${before ?? '-'}>${change.object.data?.['value']}`);
  });
  running = informer.run(abort.signal);
  await informer.synced();
  await eventually(() => server.watches === 1);
  return informer;
}

describe('Informer', () => {
  test('holds the list when it is synced, then each change', async () => {
    await put('a', '1');
    const informer = await inform();
    expect(informer.isSynced).toBe(true);
    expect(informer.store.get('default/a')?.data).toEqual({ value: '1' });
    await set('a', '2');
    await client.delete(configMaps, ref('a'));
    await settle(() => expect(told).toEqual(['applied a ->1', 'applied a 1>2', 'deleted a ->2']));
    expect(informer.store.size).toBe(0);
  });

  test('is not synced before the last page', async () => {
    await put('a');
    await put('b');
    const gate = Promise.withResolvers<void>();
    server.intercept = async (_request, _response, url) => {
      if (url.searchParams.get('continue')) await gate.promise;
      return false;
    };
    const informer = new Informer(client, configMaps, { namespace: 'default', clock, pageSize: 1 });
    running = informer.run(abort.signal);
    await eventually(() => server.requests.some((line) => line.includes('continue=')));
    expect(informer.isSynced).toBe(false);
    expect(informer.store.size).toBe(0);
    gate.resolve();
    await informer.synced();
    expect(informer.store.size).toBe(2);
  });

  test('tells one resourceVersion once', async () => {
    const made = await put('a', '1');
    await inform();
    server.sendToWatches({ type: 'MODIFIED', object: { ...made, kind: 'ConfigMap', apiVersion: 'v1' } });
    await set('a', '2');
    await settle(() => expect(told).toEqual(['applied a ->1', 'applied a 1>2']));
  });

  test('tells what was deleted, changed and made again while the watch was down', async () => {
    await put('gone', '1');
    await put('same', '1');
    await put('again', '1');
    await put('changed', '1');
    const informer = await inform();
    told.length = 0;
    await clock.advance(60_000);
    const down = Promise.withResolvers<void>();
    server.intercept = async (_request, _response, url) => {
      if (url.searchParams.get('watch')) await down.promise;
      return false;
    };
    server.endWatches();
    await client.delete(configMaps, ref('gone'));
    await client.delete(configMaps, ref('again'));
    await put('again', '2');
    await set('changed', '2');
    server.compact();
    down.resolve();
    await settle(() =>
      expect(told.toSorted()).toEqual([
        'applied again ->2',
        'applied changed 1>2',
        'deleted again ->1',
        'deleted gone ->1',
      ]),
    );
    expect(told.indexOf('deleted again ->1')).toBeLessThan(told.indexOf('applied again ->2'));
    expect(informer.store.keys().toSorted()).toEqual(['default/again', 'default/changed', 'default/same']);
  });

  test('keeps what trim leaves, and never managedFields', async () => {
    await client.create(configMaps, {
      metadata: { ...ref('a'), managedFields: [{ manager: 'x' }], annotations: { big: 'x' } },
      data: { value: '1', other: '2' },
    });
    const informer = await inform({
      trim: ({ metadata, data }) => ({
        metadata: {
          name: metadata.name,
          namespace: metadata.namespace,
          uid: metadata.uid,
          resourceVersion: metadata.resourceVersion,
        },
        data: { value: data?.['value'] ?? '' },
      }),
      indexes: { value: ({ data }) => Object.values(data ?? {}) },
    });
    expect(informer.store.byIndex('value', '1')).toHaveLength(1);
    expect(informer.store.byIndex('value', '2')).toHaveLength(0);
    expect(Object.keys(informer.store.get('default/a')?.metadata ?? {})).not.toContain('managedFields');
  });

  test('a listener that throws keeps the others from nothing', async () => {
    const informer = await inform();
    informer.subscribe(() => {
      throw new Error('broken');
    });
    const seen: string[] = [];
    informer.subscribe((change) => seen.push(String(change.object.metadata.name)));
    await put('a');
    await settle(() => expect(seen).toEqual(['a']));
  });
});

describe('Informer.wrote', () => {
  /** Holds watch events back, as a slow watch cache does. */
  async function behind(): Promise<Informer<ConfigMap>> {
    const informer = await inform();
    server.holdWatches = true;
    return informer;
  }

  test('shows our own write before the watch does, and tells it once', async () => {
    const informer = await behind();
    informer.wrote(await put('a', '1'));
    expect(informer.store.get('default/a')?.data).toEqual({ value: '1' });
    server.releaseWatches();
    await set('a', '2');
    await settle(() => expect(told).toEqual(['applied a ->1', 'applied a 1>2']));
  });

  test('is not set back by older events that still come', async () => {
    const informer = await behind();
    await put('a', '1');
    await set('a', '2');
    informer.wrote(await set('a', '3'));
    server.releaseWatches();
    await set('a', '4');
    await settle(() => expect(told.at(-1)).toBe('applied a 3>4'));
    expect(told).toEqual(['applied a ->3', 'applied a 3>4']);
    expect(informer.store.get('default/a')?.data).toEqual({ value: '4' });
  });

  test('does not bring back what the watch has already shown deleted', async () => {
    const informer = await inform();
    const answer = await put('a', '1');
    await client.delete(configMaps, ref('a'));
    await settle(() => expect(told).toEqual(['applied a ->1', 'deleted a ->1']));
    informer.wrote(answer);
    expect(informer.store.size).toBe(0);
  });

  test('a deletion that follows is taken', async () => {
    const informer = await behind();
    informer.wrote(await put('a', '1'));
    await client.delete(configMaps, ref('a'));
    server.releaseWatches();
    await settle(() => expect(told).toEqual(['applied a ->1', 'deleted a ->1']));
    expect(informer.store.size).toBe(0);
  });

  test('does not show an object whose last finalizer the write took off: it is gone', async () => {
    const informer = await behind();
    const answer = await put('a', '1');
    informer.wrote({ ...answer, metadata: { ...answer.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
    expect(informer.store.size).toBe(0);
  });

  test('survives a list that is older than the write', async () => {
    const informer = await behind();
    const answer = await put('a', '1');
    informer.wrote({ ...answer, metadata: { ...answer.metadata, resourceVersion: '999' } });
    await clock.advance(60_000);
    server.compact();
    server.cutWatches();
    await eventually(
      () => server.requests.filter((line) => line.startsWith('GET') && line.includes('limit=')).length === 2,
    );
    await aMoment();
    expect(informer.store.get('default/a')?.metadata.resourceVersion).toBe('999');
  });
});
