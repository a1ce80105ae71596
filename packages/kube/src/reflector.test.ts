import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually, FakeClock, settle } from '@quickvirt/testing';
import type { KubeClient } from './client.ts';
import { configMaps, type ConfigMap } from './core-types.ts';
import { Reflector, type ReflectorEvent, type ReflectorOptions } from './reflector.ts';
import { MemoryApiServer } from './testing/memory-api-server.ts';

let server: MemoryApiServer;
let client: KubeClient;
let clock: FakeClock;
let abort: AbortController;
let told: ReflectorEvent<ConfigMap>[];
let running: Promise<void> | undefined;

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

function reflect(options: ReflectorOptions = {}): void {
  const reflector = new Reflector(client, configMaps, { namespace: 'default', clock, ...options });
  running = reflector.run(abort.signal, (event) => told.push(event));
}

const named = (name: string, data: Record<string, string> = {}): ConfigMap => ({
  metadata: { name, namespace: 'default' },
  data,
});
const put = (name: string, data?: Record<string, string>) => client.create(configMaps, named(name, data));
const set = (name: string, value: string) =>
  client.patch(configMaps, { name, namespace: 'default' }, { data: { value } }, { kind: 'merge' });
const types = () => told.map((event) => event.type);
const names = (type: ReflectorEvent<ConfigMap>['type']) =>
  told.flatMap((event) => (event.type === type && 'object' in event ? [event.object.metadata.name] : []));
const watchRequests = () => server.requests.filter((line) => line.includes('watch=true'));
const listRequests = () => server.requests.filter((line) => line.startsWith('GET') && !line.includes('watch=true'));
const watching = () => eventually(() => server.watches === 1);

describe('Reflector', () => {
  test('lists in pages, then watches from the list with bookmarks and a time-out', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await put(name);
    reflect({ pageSize: 2 });
    await watching();
    expect(types()).toEqual(['init', 'initApply', 'initApply', 'initApply', 'initApply', 'initApply', 'initDone']);
    expect(names('initApply')).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(listRequests()).toHaveLength(3);
    const watch = new URL(watchRequests()[0]?.split(' ')[1] ?? '', server.url).searchParams;
    expect(Object.fromEntries(watch)).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '105',
      timeoutSeconds: '290',
    });
  });

  test('gives list items the apiVersion and kind that the answer leaves out', async () => {
    await put('a');
    reflect();
    await watching();
    expect(told[1]).toMatchObject({ type: 'initApply', object: { apiVersion: 'v1', kind: 'ConfigMap' } });
  });

  test('tells changes and deletions', async () => {
    reflect();
    await watching();
    await put('a');
    await set('a', '1');
    await client.delete(configMaps, { name: 'a', namespace: 'default' });
    await settle(() => expect(types()).toEqual(['init', 'initDone', 'apply', 'apply', 'delete']));
  });

  test('resumes an ended watch from the last bookmark, without a list', async () => {
    reflect();
    await watching();
    await client.create({ ...configMaps, plural: 'others' }, named('elsewhere'));
    server.bookmark();
    await settle(() => expect(types()).toContain('position'));
    clock.advance(290_000).catch(() => undefined);
    await eventually(() => clock.monotonicMs() === 290_000);
    server.endWatches();
    await eventually(() => watchRequests().length === 2);
    expect(watchRequests()[1]).toContain('resourceVersion=101&');
    expect(listRequests()).toHaveLength(1);
  });

  test.each([{ insideLine: false }, { insideLine: true }])(
    'resumes a watch that was cut (%o) where it broke off: nothing missed, nothing told twice',
    async (how) => {
      reflect();
      await watching();
      await put('a');
      await settle(() => expect(names('apply')).toEqual(['a']));
      await clock.advance(5_000);
      server.cutWatches(how);
      await put('b');
      await eventually(() => names('apply').length === 2);
      expect(names('apply')).toEqual(['a', 'b']);
      expect(listRequests()).toHaveLength(1);
    },
  );

  test('lists again when the server answers a watch with 410', async () => {
    await put('a');
    reflect();
    await watching();
    await clock.advance(60_000);
    server.intercept = (_request, _response, url) => {
      if (url.searchParams.get('watch')) server.compact();
      return false;
    };
    await client.delete(configMaps, { name: 'a', namespace: 'default' });
    server.cutWatches();
    await put('b');
    await settle(() => expect(names('initApply')).toEqual(['a', 'b']));
    server.intercept = undefined;
    expect(types().filter((type) => type === 'initDone').length).toBeGreaterThanOrEqual(2);
  });

  test('lists again after an ERROR event with code 410', async () => {
    reflect();
    await watching();
    await clock.advance(60_000);
    server.sendToWatches({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    await eventually(() => listRequests().length === 2);
    await eventually(() => types().filter((type) => type === 'initDone').length === 2);
  });

  test('a second 410 soon after waits its back-off', async () => {
    reflect({ random: () => 0 });
    await watching();
    server.sendToWatches({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
    await eventually(() => clock.pending === 1);
    expect(listRequests()).toHaveLength(1);
    await clock.advance(799);
    expect(listRequests()).toHaveLength(1);
    await clock.advance(1);
    await eventually(() => listRequests().length === 2);
  });

  test('asks for a list in one piece when its pages expire', async () => {
    for (const name of ['a', 'b', 'c']) await put(name);
    server.intercept = async (_request, _response, url) => {
      if (url.searchParams.get('continue')) server.compact();
      if (url.searchParams.get('continue')) await put(`later-${server.requests.length}`);
      return false;
    };
    // The pinned version must be older than the compaction.
    let first = true;
    const inner = server.intercept;
    server.intercept = async (request, response, url) => {
      if (url.searchParams.get('limit') === '2' && !url.searchParams.get('continue') && first) {
        first = false;
        setImmediate(() => void put('d').then(() => server.compact()));
      }
      return inner(request, response, url);
    };
    reflect({ pageSize: 2 });
    await eventually(async () => {
      await clock.advance(1_000);
      return types().includes('initDone');
    });
    expect(listRequests().at(-1)).not.toContain('limit=');
    expect(types().filter((type) => type === 'init')).toHaveLength(2);
    const afterLastInit = told.slice(types().lastIndexOf('init'));
    expect(afterLastInit.filter((event) => event.type === 'initApply').length).toBeGreaterThanOrEqual(4);
  });

  test('gives a silent watch up and resumes', async () => {
    reflect({ idleTimeoutMs: 60 });
    await watching();
    await eventually(async () => {
      await clock.advance(1_000);
      return watchRequests().length >= 2;
    });
    await put('a');
    await settle(() => expect(names('apply')).toEqual(['a']));
    expect(listRequests()).toHaveLength(1);
  });

  test('keeps trying while the server refuses, with growing delays up to 30 s', async () => {
    server.intercept = (_request, response) => {
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"kind":"Status","code":403}');
      return true;
    };
    const delays: number[] = [];
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (delayMs, signal) => {
      delays.push(delayMs);
      return sleep(delayMs, signal);
    };
    reflect({ random: () => 1 });
    await eventually(async () => {
      await clock.advance(30_000);
      return delays.length >= 8;
    });
    expect(delays.slice(0, 8)).toEqual([800, 1600, 3200, 6400, 12800, 25600, 30000, 30000]);
    server.intercept = undefined;
    await eventually(async () => {
      await clock.advance(30_000);
      return types().includes('initDone');
    });
  });

  test('ends at once when aborted', async () => {
    reflect();
    await watching();
    abort.abort();
    await running;
    await eventually(() => server.watches === 0);
  });
});
