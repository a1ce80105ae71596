import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { dialLauncher, serveLauncher, type LauncherClient, type LauncherHandlers } from './launcher.ts';
import { RpcError } from './rpc-error.ts';
import type { RpcServer } from './server.ts';
import { serveReleasedLauncher } from './testing/released-launcher.ts';

const handlers: LauncherHandlers = {
  info: async () => ({ version: 'v1.9.0+quickvirt.0.1.0', features: ['a'] }),
  syncDomain: async ({ vmiJson, facts }) => ({ started: vmiJson.toString() === '{}' && facts?.taps[0]?.mtu === 1450 }),
  shutdownDomain: async () => {
    throw new RpcError('FAILED_PRECONDITION', 'no domain', { details: { reason: 'NoDomain', field: 'spec.domain' } });
  },
  destroyDomain: (_request, { signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('cancelled')))),
  pauseDomain: async () => ({}),
  unpauseDomain: async () => ({}),
  async *watchState() {
    yield { revision: 1 };
    yield { revision: 2, state: { phase: 'DOMAIN_PHASE_RUNNING', guestMemoryBytes: 2 ** 40 } };
  },
  async console(stream) {
    for await (const { data } of stream) if (!stream.write({ data })) await once(stream, 'drain');
  },
};

let directory: string;
let socketPath: string;
let server: RpcServer;
let client: LauncherClient;

async function start(with_: Partial<LauncherHandlers> = {}): Promise<void> {
  server = await serveLauncher(socketPath, { ...handlers, ...with_ });
  client = dialLauncher(socketPath);
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rpc-'));
  socketPath = join(directory, 'launcher.sock');
});

afterEach(async () => {
  client?.close();
  await server?.close(0);
  await rm(directory, { recursive: true });
});

describe('launcher over a Unix socket', () => {
  test('answers with typed messages, bytes as Buffers, absent messages as null', async () => {
    await start();
    expect(await client.info({})).toEqual({ version: 'v1.9.0+quickvirt.0.1.0', features: ['a'] });
    const facts = { taps: [{ interfaceName: 'default', deviceName: 'tap0', mtu: 1450 }] };
    expect(await client.syncDomain({ vmiJson: Buffer.from('{}'), facts })).toEqual({ started: true });
    expect(await client.syncDomain({ vmiJson: Buffer.from('{}') })).toEqual({ started: false });
  });

  test('carries code, message, reason and field of a failure', async () => {
    await start();
    const error = await client.shutdownDomain({}).catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: 'no domain',
      details: { reason: 'NoDomain', field: 'spec.domain' },
    });
  });

  test('any other error is INTERNAL with its message, cut to what a trailer holds', async () => {
    await start({ info: () => Promise.reject(new Error('x'.repeat(100_000))) });
    const error = (await client.info({}).catch((failure: unknown) => failure)) as RpcError;
    expect(error.code).toBe('INTERNAL');
    expect(error.message.length).toBeLessThan(4000);
  });

  test('ends a call at its deadline and at an abort, and tells the handler', async () => {
    await start();
    await expect(client.destroyDomain({}, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    const controller = new AbortController();
    const call = client.destroyDomain({}, { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  test('streams the state, and ends the call when the reader leaves', async () => {
    const left = Promise.withResolvers<void>();
    await start({
      async *watchState(_request, { signal }) {
        yield { revision: 1 };
        yield { revision: 2, state: { phase: 'DOMAIN_PHASE_RUNNING', guestMemoryBytes: 2 ** 40 } };
        signal.addEventListener('abort', () => left.resolve());
        await left.promise;
      },
    });
    const seen = [];
    for await (const message of client.watchState({})) {
      seen.push(message);
      if (seen.length === 2) break;
    }
    expect(seen[0]).toEqual({ revision: 1, state: null });
    expect(seen[1]?.state).toMatchObject({ phase: 'DOMAIN_PHASE_RUNNING', guestMemoryBytes: 2 ** 40, error: '' });
    await left.promise;
  });

  test('a console echoes in order and half-closes', async () => {
    await start();
    const stream = client.console();
    for (let index = 0; index < 200; index++) stream.write({ data: Buffer.from(`${index} `) });
    stream.end();
    let text = '';
    for await (const { data } of stream) text += data.toString();
    expect(text.trim().split(' ').map(Number)).toEqual([...Array(200).keys()]);
  });

  test("a client's half-close leaves the guest's last words their way", async () => {
    await start({
      async console(stream) {
        for await (const { data } of stream) stream.write({ data });
        await new Promise(setImmediate);
        stream.write({ data: Buffer.from('bye') });
      },
    });
    const stream = client.console();
    stream.end({ data: Buffer.from('exit ') });
    let text = '';
    for await (const { data } of stream) text += data.toString();
    expect(text).toBe('exit bye');
  });

  test('a handler that ends its stream and returns at once loses none of its last messages', async () => {
    const words = Array.from({ length: 100 }, (_, index) => `${index}${' '.repeat(64 * 1024)}`);
    await start({
      async console(stream) {
        for (const word of words) stream.write({ data: Buffer.from(word) });
        stream.end({ data: Buffer.from('bye') });
      },
    });
    const stream = client.console();
    stream.end();
    let text = '';
    for await (const { data } of stream) text += data.toString();
    expect(text).toBe(`${words.join('')}bye`);
  });

  test('a slow reader makes the writer wait', async () => {
    let written = 0;
    const blocked = Promise.withResolvers<void>();
    await start({
      async console(stream) {
        while (stream.write({ data: Buffer.alloc(64 * 1024) })) written++;
        blocked.resolve();
        await once(stream, 'drain');
      },
    });
    const stream = client.console();
    await blocked.promise;
    expect(written).toBeLessThan(100);
    stream.resume();
    stream.end();
    await once(stream, 'end');
  });

  test('a console that the launcher ends early fails with its code', async () => {
    await start({ console: () => Promise.reject(new RpcError('ABORTED', 'a newer session took the console')) });
    const stream = client.console();
    stream.resume();
    const [error] = (await once(stream, 'error')) as [RpcError];
    expect(error).toMatchObject({ code: 'ABORTED', message: 'a newer session took the console' });
  });

  test('a launcher that dies ends the stream with UNAVAILABLE', async () => {
    await start({
      async *watchState(_request, { signal }) {
        yield { revision: 1 };
        await once(signal, 'abort');
      },
    });
    const states = client.watchState({})[Symbol.asyncIterator]();
    await states.next();
    const [next] = await Promise.all([states.next().catch((error: unknown) => error), server.close(0)]);
    expect(next).toMatchObject({ code: expect.stringMatching(/^(UNAVAILABLE|CANCELLED)$/) });
  });

  test('a message over the limit is refused', async () => {
    await start({ info: async () => ({ version: 'x'.repeat(2 * 1024 * 1024) }) });
    await expect(client.info({})).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  });
});

describe('the socket', () => {
  test('is for owner and group alone', async () => {
    await start();
    expect((await stat(socketPath)).mode & 0o777).toBe(0o660);
  });

  test('replaces one that a dead process left', async () => {
    const dead = createServer().listen(socketPath);
    await once(dead, 'listening');
    // What a killed process leaves: the file without a listener.
    await start();
    expect((await client.info({})).version).toContain('quickvirt');
    dead.close();
  });

  test('never replaces a file', async () => {
    await writeFile(socketPath, 'data');
    await expect(serveLauncher(socketPath, handlers)).rejects.toThrow(/is no socket/);
  });
});

describe('a launcher of release 0.1.0 under a client of today', () => {
  test('answers what it knew: messages of today lose what it does not know, and nothing else', async () => {
    server = await serveReleasedLauncher(socketPath, handlers);
    client = dialLauncher(socketPath);
    expect(await client.info({})).toEqual({ version: 'v1.9.0+quickvirt.0.1.0', features: ['a'] });
    const facts = { taps: [{ interfaceName: 'default', deviceName: 'tap0', mtu: 1450 }] };
    expect(await client.syncDomain({ vmiJson: Buffer.from('{}'), facts })).toEqual({ started: true });
    const states = client.watchState({});
    const phases = [];
    for await (const { state } of states) phases.push(state?.phase);
    expect(phases).toEqual([undefined, 'DOMAIN_PHASE_RUNNING']);
  });

  test('says UNIMPLEMENTED to every method that came later', async () => {
    server = await serveReleasedLauncher(socketPath, handlers);
    client = dialLauncher(socketPath);
    const known = ['info', 'syncDomain', 'shutdownDomain', 'destroyDomain', 'watchState', 'console'];
    const later = Object.keys(handlers).filter((method) => !known.includes(method));
    for (const method of later) {
      const call = (client as unknown as Record<string, (request: object) => Promise<object>>)[method]!;
      await expect(call({})).rejects.toMatchObject({ code: 'UNIMPLEMENTED' });
    }
  });
});
