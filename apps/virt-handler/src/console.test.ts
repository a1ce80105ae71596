import { once } from 'node:events';
import { duplexPair, type Duplex } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { RpcError } from '@quickvirt/rpc';
import { Metrics, type Logger } from '@quickvirt/telemetry';
import { consoleHandlers, type ConsolePorts } from './console.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const reference = { namespace: 'default', name: 'a', uid: 'u' };

/** A client's end, a guest's end, and what the call came to. */
function aSession(ports: Partial<Record<'vmi' | 'client', unknown>> = {}) {
  const [client, stream] = duplexPair({ objectMode: true });
  const [guest, launcherStream] = duplexPair({ objectMode: true });
  const controller = new AbortController();
  const found = { vmi: { metadata: { uid: 'u' } }, client: { console: () => launcherStream }, ...ports };
  const sessions = new Metrics().gauge<never>({ name: 'sessions', help: 'h' });
  const handlers = consoleHandlers({
    nodeName: 'n',
    vmis: { get: () => found.vmi },
    launchers: { get: () => ({ client: found.client }) },
    sessions,
    logger,
  } as unknown as ConsolePorts);
  const outcome = handlers.console(stream as never, { signal: controller.signal });
  outcome.catch(() => undefined);
  for (const end of [client, guest]) end.on('error', () => undefined);
  return { client, guest, outcome, stream, launcherStream };
}

async function text(end: Duplex): Promise<string> {
  let read = '';
  // An iterator would destroy the other direction, too.
  end.on('data', ({ data }: { data: Buffer }) => (read += data.toString()));
  await once(end, 'end');
  return read;
}

describe('console', () => {
  test('carries both directions, and ends with the guest', async () => {
    const { client, guest, outcome } = aSession();
    client.write({ open: reference });
    client.write({ data: Buffer.from('root\n') });
    const [typed] = (await once(guest, 'data')) as [{ data: Buffer }];
    expect(typed.data.toString()).toBe('root\n');
    const seen = text(client);
    guest.end({ data: Buffer.from('# ') });
    expect(await seen).toBe('# ');
    await outcome;
  });

  test("a client's half-close reaches the guest, whose last words still come", async () => {
    const { client, guest, outcome } = aSession();
    client.write({ open: reference });
    client.end({ data: Buffer.from('exit') });
    expect(await text(guest)).toBe('exit');
    const seen = text(client);
    guest.end({ data: Buffer.from('bye') });
    expect(await seen).toBe('bye');
    await outcome;
  });

  test('a client that does not read makes the guest wait', async () => {
    const { client, guest } = aSession();
    client.write({ open: reference });
    let sent = 0;
    while (sent < 10_000 && (guest.write({ data: Buffer.alloc(1024) }) || (await drained(guest)))) sent++;
    expect(sent).toBeLessThan(500);
    client.destroy();
  });

  test('a guest that a newer session took ends the older one with its code', async () => {
    const { client, launcherStream, outcome } = aSession();
    client.write({ open: reference });
    client.write({ data: Buffer.from('x') });
    await new Promise(setImmediate);
    launcherStream.destroy(new RpcError('ABORTED', 'taken'));
    await expect(outcome).rejects.toMatchObject({ code: 'ABORTED' });
  });

  test.each([
    ['no such guest', { vmi: undefined }, 'NOT_FOUND'],
    ['another guest of that name', { vmi: { metadata: { uid: 'other' } } }, 'NOT_FOUND'],
    ['a launcher that is not followed', { client: undefined }, 'UNAVAILABLE'],
  ])('refuses %s', async (_name, ports, code) => {
    const { client, outcome } = aSession(ports);
    client.write({ open: reference });
    await expect(outcome).rejects.toMatchObject({ code });
  });

  test('refuses a stream that begins with data, or ends at once', async () => {
    const first = aSession();
    first.client.write({ data: Buffer.from('x') });
    await expect(first.outcome).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const second = aSession();
    second.client.end();
    await expect(second.outcome).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

/** Whether the stream takes more within a few turns of the event loop. */
async function drained(stream: Duplex): Promise<boolean> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise(setImmediate);
    if (!stream.writableNeedDrain) return true;
  }
  return false;
}
