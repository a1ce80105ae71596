import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HealthServer } from './health.ts';
import { createLineLogger } from './line-logger.ts';
import { Metrics } from './metrics.ts';

let server: HealthServer;
let url: string;
let isReady: boolean;

beforeEach(async () => {
  isReady = false;
  const metrics = new Metrics();
  metrics.counter({ name: 'served_total', help: 'Served.' }).inc();
  server = new HealthServer({
    port: 0,
    host: '127.0.0.1',
    logger: createLineLogger({ component: 'test', write: () => undefined }),
    metrics,
    configResourceVersion: () => '42',
    live: { loop: () => undefined },
    ready: {
      caches: () => (isReady ? undefined : 'not filled yet'),
      broken: () => {
        if (!isReady) throw new Error('boom');
      },
    },
  });
  url = `http://127.0.0.1:${(await server.listen()).port}`;
});
afterEach(() => server.close());

describe('HealthServer', () => {
  test('/healthz tells the configuration the process runs by', async () => {
    const response = await fetch(`${url}/healthz?verbose`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok', checks: { loop: 'ok' }, 'config-resource-version': '42' });
  });

  test('/readyz fails with the reason until all checks hold', async () => {
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      status: 'failed',
      checks: { caches: 'not filled yet', broken: expect.stringContaining('boom') },
    });
    isReady = true;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  test('/metrics answers in Prometheus format', async () => {
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toContain('text/plain');
    expect(await response.text()).toContain('served_total 1');
  });

  test('nothing else is served', async () => {
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/healthz`, { method: 'POST' })).status).toBe(405);
  });
});
