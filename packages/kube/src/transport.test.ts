import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Metrics } from '@quickvirt/telemetry';
import { eventually, FakeClock } from '@quickvirt/testing';
import { KubeClient } from './client.ts';
import { configMaps, pods } from './core-types.ts';
import { ApiError, isNotFound, TransportError } from './errors.ts';
import { inClusterLogin, type Login } from './login.ts';
import { MemoryApiServer } from './testing/memory-api-server.ts';

let server: MemoryApiServer;
let clock: FakeClock;
let client: KubeClient;
const ref = { name: 'a', namespace: 'default' };

beforeEach(async () => {
  server = await MemoryApiServer.start();
  clock = new FakeClock();
  client = server.client({ clock });
});
afterEach(async () => {
  await client.close();
  await server.close();
});

/** Answers the first requests with these statuses. */
function answers(...given: { status: number; retryAfter?: string }[]): void {
  server.intercept = (_request, response) => {
    const next = given.shift();
    if (!next) return false;
    const headers = { 'content-type': 'application/json', ...(next.retryAfter && { 'retry-after': next.retryAfter }) };
    response
      .writeHead(next.status, headers)
      .end(JSON.stringify({ kind: 'Status', code: next.status, reason: 'Because' }));
    return true;
  };
}

const create = () => client.create(configMaps, { metadata: ref });

describe('requests', () => {
  test('keep fields that no type knows, and say what they are', async () => {
    await client.create(configMaps, { metadata: ref, surprise: { deep: [1] } } as never);
    expect(await client.get(configMaps, ref)).toMatchObject({
      surprise: { deep: [1] },
      kind: 'ConfigMap',
      apiVersion: 'v1',
    });
  });

  test('a refusal is an ApiError with status, reason and the request', async () => {
    const error = await client.get(pods, { name: 'a/b', namespace: 'x' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(isNotFound(error)).toBe(true);
    expect((error as Error).message).toContain('GET /api/v1/namespaces/x/pods/a%2Fb: 404');
  });

  test('delete of what is gone resolves; a precondition that fails does not', async () => {
    await client.delete(configMaps, ref);
    await create();
    await expect(client.delete(configMaps, ref, { uid: 'other' })).rejects.toMatchObject({ isConflict: true });
  });

  test('no server: a TransportError with its cause', async () => {
    const lost = server.client();
    await server.close();
    const error = await lost.create(configMaps, { metadata: ref }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TransportError);
    expect((error as Error).cause).toMatchObject({ code: 'ECONNREFUSED' });
    server = await MemoryApiServer.start();
  });

  test('end when the time is up or the caller gives up', async () => {
    server.intercept = () => new Promise<boolean>(() => undefined);
    await expect(client.get(configMaps, ref, { timeoutMs: 30 })).rejects.toThrow('time is up');
    const abort = new AbortController();
    const call = client.get(configMaps, ref, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
  });
});

describe('retries', () => {
  test('Retry-After is obeyed for writes too: they were not carried out', async () => {
    answers({ status: 429, retryAfter: '3' }, { status: 503, retryAfter: '2' });
    const call = create();
    await eventually(() => clock.pending === 1);
    await clock.advance(2_999);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    await eventually(() => server.requests.length === 2 && clock.pending === 1);
    await clock.advance(2_000);
    expect(await call).toMatchObject({ metadata: { name: 'a' } });
  });

  test('5xx is retried for reads, not for writes', async () => {
    await create();
    answers({ status: 500 }, { status: 502 });
    const read = client.get(configMaps, ref);
    await eventually(async () => {
      await clock.advance(5_000);
      return server.requests.length === 4;
    });
    expect(await read).toMatchObject({ metadata: { name: 'a' } });
    answers({ status: 500 });
    await expect(create()).rejects.toMatchObject({ status: 500 });
  });

  test('a read gives up after five attempts', async () => {
    answers(...Array.from({ length: 10 }, () => ({ status: 503 })));
    const read = client.get(configMaps, ref).catch((error: unknown) => error);
    await eventually(async () => {
      await clock.advance(5_000);
      return server.requests.length === 5;
    });
    expect(await read).toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(5);
  });

  test('a connection cut inside the answer is retried for reads', async () => {
    await create();
    let cut = true;
    server.intercept = (_request, response) => {
      if (!cut) return false;
      cut = false;
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"kind"');
      setImmediate(() => response.destroy());
      return true;
    };
    const read = client.get(configMaps, ref);
    await eventually(async () => {
      await clock.advance(5_000);
      return server.requests.length === 3;
    });
    expect(await read).toMatchObject({ metadata: { name: 'a' } });
  });
});

describe('credentials', () => {
  let directory: string;
  let tokens: (string | undefined)[];
  let login: Login;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'service-account-'));
    await writeFile(join(directory, 'namespace'), 'here\n');
    await writeFile(join(directory, 'token'), 'one\n');
    await writeFile(join(directory, 'ca.crt'), '');
    tokens = [];
    server.intercept = (request, response) => {
      tokens.push(request.headers.authorization);
      if (request.headers.authorization !== 'Bearer revoked') return false;
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"kind":"Status","code":401}');
      return true;
    };
    const inCluster = await inClusterLogin(directory, { KUBERNETES_SERVICE_HOST: '127.0.0.1' });
    login = { ...inCluster, server: server.url };
    await client.close();
    client = new KubeClient(login, { clock });
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('the token file is read again after a minute', async () => {
    await create();
    await writeFile(join(directory, 'token'), 'two\n');
    await client.get(configMaps, ref);
    await clock.advance(60_001);
    await client.get(configMaps, ref);
    expect(tokens).toEqual(['Bearer one', 'Bearer one', 'Bearer two']);
    expect(client.namespace).toBe('here');
  });

  test('a 401 reads it again at once', async () => {
    await writeFile(join(directory, 'token'), 'revoked\n');
    await client.get(configMaps, ref).catch(() => undefined);
    await writeFile(join(directory, 'token'), 'fresh\n');
    await create();
    expect(tokens).toEqual(['Bearer revoked', 'Bearer revoked', 'Bearer revoked', 'Bearer fresh']);
  });

  test('an IPv6 address is put in brackets', async () => {
    const { server: address } = await inClusterLogin(directory, {
      KUBERNETES_SERVICE_HOST: 'fd00::1',
      KUBERNETES_SERVICE_PORT: '6443',
    });
    expect(address.href).toBe('https://[fd00::1]:6443/');
  });
});

describe('metrics', () => {
  test('count requests by code, verb and resource, not by name', async () => {
    const metrics = new Metrics();
    const measured = new KubeClient(
      { server: server.url, namespace: 'default', credentials: () => Promise.resolve({ tls: {}, headers: {} }) },
      { metrics, metricsPrefix: 'x_' },
    );
    await measured.create(configMaps, { metadata: ref });
    await measured.get(configMaps, ref);
    await measured.get(configMaps, { ...ref, name: 'none' }).catch(() => undefined);
    await measured.close();
    const { body } = await metrics.expose();
    expect(body).toContain(`code="201",method="POST",host="${server.url.host}",resource="configmaps",verb="create"} 1`);
    expect(body).toContain('code="404",method="GET"');
    expect(body).not.toContain('none');
  });
});
