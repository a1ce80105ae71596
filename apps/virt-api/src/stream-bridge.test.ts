import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@quickvirt/testing';
import { WebSocket, WebSocketServer } from 'ws';
import { bridge } from './stream-bridge.ts';

let server: Server;
let webSockets: WebSocketServer;

beforeEach(async () => {
  server = createServer();
  webSockets = new WebSocketServer({ server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  for (const client of webSockets.clients) client.terminate();
  webSockets.close();
  server.close();
});

async function connect(options: { autoPong?: boolean } = {}): Promise<[theirs: WebSocket, ours: WebSocket]> {
  const accepted = once(webSockets, 'connection') as Promise<[WebSocket]>;
  const theirs = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, options);
  const [[ours]] = await Promise.all([accepted, once(theirs, 'open')]);
  return [theirs, ours];
}

/** The two ends of a guest's line: what one writes the other reads. */
function line(): { ours: Duplex; toUs: PassThrough; fromUs: PassThrough } {
  const [toUs, fromUs] = [new PassThrough(), new PassThrough({ highWaterMark: 1024 })];
  const ends = { readable: toUs, writable: fromUs } as unknown as Parameters<typeof Duplex.from>[0];
  return { ours: Duplex.from(ends), toUs, fromUs };
}

describe('the bridge', () => {
  test('ends in order with the guest', async () => {
    const [theirs, ours] = await connect();
    const guest = line();
    const closed = once(theirs, 'close');
    const bridged = bridge(ours, guest.ours);
    guest.toUs.end('bye');
    expect(((await once(theirs, 'message')) as [Buffer, boolean])[1]).toBe(true);
    expect((await closed)[0]).toBe(1000);
    expect(await bridged).toEqual({ error: undefined });
  });

  test('tells of a guest that was lost', async () => {
    const [theirs, ours] = await connect();
    const guest = line();
    const closed = once(theirs, 'close');
    const bridged = bridge(ours, guest.ours);
    guest.ours.destroy(new Error('reset'));
    expect((await closed)[0]).toBe(1011);
    expect(await bridged).toEqual({ error: expect.objectContaining({ message: 'reset' }) });
  });

  test('lets the guest go when the client leaves', async () => {
    const [theirs, ours] = await connect();
    const guest = line();
    const bridged = bridge(ours, guest.ours);
    theirs.terminate();
    expect(await bridged).toEqual({ error: undefined });
    expect(guest.ours.destroyed).toBe(true);
  });

  test('does not read a client faster than the guest takes it', async () => {
    const [theirs, ours] = await connect();
    const guest = line();
    void bridge(ours, guest.ours);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    for (let sent = 0; sent < 512; sent += 1) theirs.send(chunk);
    await eventually(() => ours.isPaused);
    expect(guest.ours.writableLength).toBeLessThan(2 * 1024 * 1024);
    let received = 0;
    for await (const part of guest.fromUs as AsyncIterable<Buffer>) {
      received += part.length;
      if (received === 512 * chunk.length) break;
    }
    expect(received).toBe(512 * chunk.length);
  });

  test('gives up a client that answers no ping', async () => {
    const [, ours] = await connect({ autoPong: false });
    const guest = line();
    expect(await bridge(ours, guest.ours, { pingIntervalMs: 10 })).toEqual({ error: undefined });
    expect(guest.ours.destroyed).toBe(true);
  });
});
