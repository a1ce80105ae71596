import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLineLogger, Metrics } from '@quickvirt/telemetry';
import { eventually, FakeClock } from '@quickvirt/testing';
import type { KubeClient } from './client.ts';
import { events } from './core-types.ts';
import { eventName, eventObject } from './event-object.ts';
import { Recorder } from './recorder.ts';
import { MemoryApiServer } from './testing/memory-api-server.ts';

const logger = createLineLogger({ component: 'test', write: () => undefined });
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'ns', uid: 'u1', resourceVersion: '7' },
};
const created = { type: 'Normal' as const, reason: 'Created', message: 'Created a thing' };

let server: MemoryApiServer;
let client: KubeClient;
let clock: FakeClock;
let metrics: Metrics;
let recorder: Recorder;

const newRecorder = () => new Recorder(client, { component: 'c', host: 'n1', logger, clock, metrics });
const stored = async () => (await client.list(events, { namespace: 'ns' })).items;
const dropped = async (reason: string) =>
  Number(
    new RegExp(`events_dropped_total\\{reason="${reason}"\\} (\\d+)`).exec((await metrics.expose()).body)?.[1] ?? 0,
  );

beforeEach(async () => {
  server = await MemoryApiServer.start();
  client = server.client();
  clock = new FakeClock();
  metrics = new Metrics();
  recorder = newRecorder();
});
afterEach(async () => {
  await client.close();
  await server.close();
});

describe('Recorder', () => {
  test('writes an event about the object', async () => {
    recorder.event(pod, created);
    await recorder.flush();
    expect(await stored()).toMatchObject([
      {
        involvedObject: { kind: 'Pod', name: 'p', namespace: 'ns', uid: 'u1' },
        reason: 'Created',
        source: { component: 'c', host: 'n1' },
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
      },
    ]);
  });

  test('counts an equal event up with one patch; a different one is its own', async () => {
    recorder.event(pod, created);
    await recorder.flush();
    await clock.advance(60_000);
    for (let times = 0; times < 3; times += 1) recorder.event(pod, created);
    recorder.event(pod, { ...created, message: 'Created another' });
    await recorder.flush();
    const items = await stored();
    expect(new Set(items.map(({ count, message }) => `${count} ${message}`))).toEqual(
      new Set(['1 Created another', '4 Created a thing']),
    );
    expect(items.find(({ count }) => count === 4)).toMatchObject({
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:01:00Z',
    });
    expect(server.requests.filter((line) => line.startsWith('PATCH')).length).toBeLessThanOrEqual(2);
  });

  test('a restarted process counts up the event that is there', async () => {
    recorder.event(pod, created);
    await recorder.flush();
    const restarted = newRecorder();
    restarted.event(pod, created);
    await restarted.flush();
    expect(await stored()).toMatchObject([{ count: 2 }]);
  });

  test('an event that ran out is written anew', async () => {
    recorder.event(pod, created);
    await recorder.flush();
    await client.delete(events, { name: eventName({ component: 'c' }, pod, created), namespace: 'ns' });
    recorder.event(pod, created);
    await recorder.flush();
    expect(await stored()).toMatchObject([{ count: 1 }]);
  });

  test('an object that talks too much is cut off, and may talk again later', async () => {
    for (let times = 0; times < 40; times += 1) recorder.event(pod, { ...created, message: `number ${times}` });
    await recorder.flush();
    expect(await stored()).toHaveLength(25);
    expect(await dropped('limit')).toBe(15);
    await clock.advance(300_000);
    recorder.event(pod, { ...created, message: 'later' });
    await recorder.flush();
    expect(await stored()).toHaveLength(26);
  });

  test('tries again while the server is ill, and gives a refused event up', async () => {
    let refusals = 2;
    server.intercept = (request, response) => {
      if (request.method !== 'POST' || (refusals -= 1) < 0) return false;
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"kind":"Status","code":500}');
      return true;
    };
    recorder.event(pod, created);
    await eventually(async () => {
      await clock.advance(10_000);
      return (await stored()).length === 1;
    });
    server.intercept = (request, response) => {
      if (request.method !== 'POST') return false;
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"kind":"Status","code":403}');
      return true;
    };
    recorder.event(pod, { ...created, reason: 'Refused' });
    await recorder.flush();
    expect(await dropped('refused')).toBe(1);
  });
});

describe('eventObject', () => {
  const seen = { count: 1, firstAt: new Date(0), lastAt: new Date(0) };

  test('the same event has the same name, another object or reason another', () => {
    const name = eventName({ component: 'c' }, pod, created);
    expect(eventName({ component: 'c', host: 'elsewhere' }, pod, { ...created })).toBe(name);
    expect(eventName({ component: 'd' }, pod, created)).not.toBe(name);
    expect(eventName({ component: 'c' }, { ...pod, metadata: { ...pod.metadata, uid: 'u2' } }, created)).not.toBe(name);
    expect(name).toMatch(/^p\.[0-9a-f]{16}$/);
  });

  test('names stay within 253 characters and messages within 1024 bytes', () => {
    const long = { ...pod, metadata: { ...pod.metadata, name: 'n'.repeat(253) } };
    const object = eventObject({ component: 'c' }, long, { ...created, message: 'ä'.repeat(2_000) }, seen);
    expect(object.metadata.name).toHaveLength(253);
    expect(Buffer.byteLength(object.message ?? '')).toBeLessThanOrEqual(1024);
    expect(object.message).not.toContain('\uFFFD');
  });

  test('events of the cluster are kept in the namespace default', () => {
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', uid: 'u' } };
    expect(eventObject({ component: 'c' }, node, created, seen).metadata.namespace).toBe('default');
  });
});
