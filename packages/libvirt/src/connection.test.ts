import { afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { Connection, type ConnectionOptions } from './connection.ts';
import { MessageStatus, MessageType } from './frame.ts';
import { Program } from './procedures.ts';
import { FakeError, FakeLibvirtd, type FakeClient, type Handlers } from './testing/fake-libvirtd.ts';
import { temporarySocket } from './testing/temporary-socket.ts';

const dom = { name: 'default_probe', uuid: '6f0c1d0e-7b8a-4c55-9c3e-0123456789ab', id: 1 };

/** A promise to settle from outside. */
function gate<T>() {
  return Promise.withResolvers<T>();
}

describe('a connection', () => {
  const socket = temporarySocket();
  let fake: FakeLibvirtd;
  let connection: Connection | undefined;
  afterEach(async () => {
    await connection?.close();
    await fake.close();
  });

  async function open(handlers: Handlers, options: Partial<ConnectionOptions> = {}): Promise<Connection> {
    fake = await FakeLibvirtd.listen(socket.path, handlers);
    connection = await Connection.open({ socketPath: socket.path, uri: 'qemu:///session', ...options });
    return connection;
  }

  test('an error of the daemon keeps its number, and the connection lives on', async () => {
    const own = await open({
      domainGetState: () => {
        throw new FakeError(42, 'gone');
      },
      connectGetVersion: () => ({ hypervisorVersion: 7_002_000n }),
    });
    await expect(own.call('domainGetState', { dom, flags: 0 })).rejects.toMatchObject({
      name: 'LibvirtError',
      code: 42,
      procedure: 'domainGetState',
    });
    expect(await own.call('connectGetVersion', {})).toEqual({ hypervisorVersion: 7_002_000n });
  });

  test('a daemon that wants authentication is refused with what to change', async () => {
    fake = await FakeLibvirtd.listen(socket.path, { authList: () => ({ types: [2] }) });
    await expect(Connection.open({ socketPath: socket.path, uri: 'x' })).rejects.toThrow(/auth_unix_rw/);
  });

  test('nobody at the socket is a connection error', async () => {
    fake = await FakeLibvirtd.listen(socket.path, {});
    await expect(Connection.open({ socketPath: `${socket.path}-none`, uri: 'x' })).rejects.toMatchObject({
      name: 'LibvirtConnectionError',
      cause: { code: 'ENOENT' },
    });
  });

  test('gives the daemon no more calls at once than allowed, in order', async () => {
    const gates = Array.from({ length: 5 }, () => gate<{ hypervisorVersion: bigint }>());
    let started = 0;
    const own = await open({ connectGetVersion: () => gates[started++]!.promise }, { maxInFlight: 2 });
    const answers = Promise.all(gates.map(() => own.call('connectGetVersion', {})));
    for (const [index, { resolve }] of gates.entries()) {
      while (started <= index) await new Promise((next) => setImmediate(next));
      expect(started).toBeLessThanOrEqual(index + 2);
      resolve({ hypervisorVersion: BigInt(index) });
    }
    expect((await answers).map(({ hypervisorVersion }) => Number(hypervisorVersion))).toEqual([0, 1, 2, 3, 4]);
  });

  test('a call that is given up frees its caller, not its slot; the late reply is dropped', async () => {
    const late = gate<{ hypervisorVersion: bigint }>();
    let calls = 0;
    const own = await open(
      { connectGetVersion: () => (calls++ === 0 ? late.promise : { hypervisorVersion: 2n }) },
      { maxInFlight: 1 },
    );
    await expect(own.call('connectGetVersion', {}, { timeoutMs: 20 })).rejects.toMatchObject({
      name: 'LibvirtCallAbandonedError',
    });
    const aborted = AbortSignal.abort(new Error('stop'));
    await expect(own.call('connectGetVersion', {}, { signal: aborted })).rejects.toMatchObject({
      name: 'LibvirtCallAbandonedError',
      cause: { message: 'stop' },
    });
    const next = own.call('connectGetVersion', {});
    expect(calls).toBe(1);
    late.resolve({ hypervisorVersion: 1n });
    expect(await next).toEqual({ hypervisorVersion: 2n });
    expect(calls).toBe(2);
  });

  test('an argument without an encoding fails its call alone', async () => {
    const own = await open({ connectGetVersion: () => ({ hypervisorVersion: 1n }) });
    await expect(own.call('domainLookupByUuid', { uuid: 'none' })).rejects.toThrow(/not a UUID/);
    expect(await own.call('connectGetVersion', {})).toEqual({ hypervisorVersion: 1n });
  });

  test('the end of the connection rejects each call under way, waiting ones included', async () => {
    const own = await open({ connectGetVersion: () => gate<never>().promise }, { maxInFlight: 1 });
    const calls = [own.call('connectGetVersion', {}), own.call('connectGetVersion', {})];
    while (fake.calls.length === 0) await new Promise((next) => setImmediate(next));
    for (const client of fake.clients) client.socket.destroy();
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason.name)).toEqual([
      'LibvirtConnectionError',
      'LibvirtConnectionError',
    ]);
    await expect(own.call('connectGetVersion', {})).rejects.toMatchObject({ name: 'LibvirtConnectionError' });
  });

  test('a silent daemon ends the connection after the pings', async () => {
    const own = await open(
      { connectGetVersion: () => gate<never>().promise },
      { keepalive: { intervalMs: 5, count: 2 } },
    );
    for (const client of fake.clients) client.socket.pause();
    await expect(own.call('connectGetVersion', {})).rejects.toThrow(/2 keepalive pings/);
  });

  test('answers the daemon’s pings', async () => {
    await open({});
    const [client] = fake.clients;
    client!.send({ program: Program.keepalive, procedure: 1, type: MessageType.message, serial: 0, status: 0 });
    const isPong = () =>
      client!.received.some(({ program, procedure }) => program === Program.keepalive && procedure === 2);
    while (!isPong()) await new Promise((next) => setImmediate(next));
  });

  test('registers an event once for all its listeners, and lets go with the last', async () => {
    const own = await open({
      connectDomainEventCallbackRegisterAny: () => ({ callbackId: 3 }),
      connectDomainEventCallbackDeregisterAny: () => ({}),
    });
    const heard: string[] = [];
    const [first, second] = await Promise.all([
      own.subscribe('lifecycle', (_domain, { event }) => heard.push(`a${event}`)),
      own.subscribe('lifecycle', (_domain, { event }) => heard.push(`b${event}`)),
    ]);
    fake.emit('lifecycle', dom, { event: 2, detail: 0 });
    fake.emit('pmWakeup', dom, { reason: 0 });
    while (heard.length < 2) await new Promise((next) => setImmediate(next));
    await first.close();
    await first.close();
    fake.emit('lifecycle', dom, { event: 5, detail: 0 });
    while (heard.length < 3) await new Promise((next) => setImmediate(next));
    await second.close();
    expect(heard).toEqual(['a2', 'b2', 'b5']);
    expect(fake.calls).toEqual(['connectDomainEventCallbackRegisterAny', 'connectDomainEventCallbackDeregisterAny']);
  });

  test('a registration that the daemon refuses is told, and the next one tries again', async () => {
    let attempts = 0;
    const own = await open({
      connectDomainEventCallbackRegisterAny: () => {
        if (attempts++ === 0) throw new FakeError(1, 'not now');
        return { callbackId: 3 };
      },
    });
    await expect(own.subscribe('reboot', () => {})).rejects.toMatchObject({ code: 1 });
    await own.subscribe('reboot', () => {});
    expect(attempts).toBe(2);
  });

  test('a stream carries bytes both ways on a connection of its own, whatever the pace', async () => {
    const opened = gate<{ client: FakeClient; serial: number }>();
    const own = await open({
      domainOpenConsole: (_args, client) => {
        opened.resolve({ client, serial: client.serial });
        return {};
      },
    });
    const { stream } = await own.openStream('domainOpenConsole', { dom, deviceName: null, flags: 0 });
    const { client, serial } = await opened.promise;
    expect(fake.clients.size).toBe(2);
    const sent = Buffer.alloc(300_000, 'abcdefg');
    for (let at = 0; at < sent.length; at += 100_000) {
      client.sendStream('domainOpenConsole', serial, MessageStatus.continue, sent.subarray(at, at + 100_000));
    }
    client.sendStream('domainOpenConsole', serial, MessageStatus.continue);
    const typed = Buffer.alloc(600_000, 'xyz');
    stream.write(typed);
    const got: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => got.push(chunk));
    while (Buffer.concat(client.streamBytes).length < typed.length) await new Promise((next) => setImmediate(next));
    client.sendStream('domainOpenConsole', serial, MessageStatus.ok);
    await once(stream, 'close');
    expect(Buffer.concat(got).equals(sent)).toBe(true);
    expect(Buffer.concat(client.streamBytes).equals(typed)).toBe(true);
  });

  test('a stream that the daemon refuses leaves nothing behind', async () => {
    const own = await open({
      domainOpenConsole: () => {
        throw new FakeError(9, 'in use');
      },
    });
    await expect(own.openStream('domainOpenConsole', { dom, deviceName: null, flags: 0 })).rejects.toMatchObject({
      code: 9,
    });
    while (fake.clients.size > 1) await new Promise((next) => setImmediate(next));
  });
});
