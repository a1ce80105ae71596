import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@quickvirt/testing';
import { WebSocket, WebSocketServer } from 'ws';
import { runTerminalSession, type SessionEnd } from './terminal-session.ts';

let server: Server;
let webSockets: WebSocketServer;
let guest: WebSocket;
let typed = '';
let terminal: { input: PassThrough & { setRawMode: (isRaw: boolean) => void }; output: PassThrough };
let rawModes: boolean[];
let session: Promise<SessionEnd>;

beforeEach(async () => {
  server = createServer();
  webSockets = new WebSocketServer({ server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(webSockets, 'connection') as Promise<[WebSocket]>;
  const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  [[guest]] = await Promise.all([accepted, once(socket, 'open')]);
  typed = '';
  guest.on('message', (data: Buffer) => (typed += data.toString()));
  rawModes = [];
  const input = Object.assign(new PassThrough(), { setRawMode: (isRaw: boolean) => void rawModes.push(isRaw) });
  terminal = { input, output: new PassThrough() };
  session = runTerminalSession(socket, terminal);
});

afterEach(() => {
  for (const client of webSockets.clients) client.terminate();
  webSockets.close();
  server.close();
});

describe('a session on a terminal', () => {
  test('gives every key to the guest and prints what it says, raw, until Ctrl+]', async () => {
    terminal.input.write('a\x03');
    await eventually(() => typed === 'a\x03');
    guest.send(Buffer.from('answer'));
    await eventually(() => terminal.output.read()?.toString() === 'answer' || undefined);
    terminal.input.write('last\x1dnever sent');
    expect(await session).toEqual({ by: 'user' });
    await eventually(() => typed === 'a\x03last');
    expect(rawModes).toEqual([true, false]);
  });

  test('goes on when the input ends, until the guest does', async () => {
    terminal.input.end('only this\n');
    await eventually(() => typed === 'only this\n');
    guest.send(Buffer.from('result'));
    guest.close(1000);
    expect(await session).toEqual({ by: 'guest' });
    expect(terminal.output.read()?.toString()).toBe('result');
  });

  test('tells of a connection that was lost', async () => {
    guest.close(1011, 'gone');
    expect(await session).toEqual({ by: 'loss', code: 1011, reason: 'gone' });
  });

  test('ends when nobody reads any more', async () => {
    terminal.output.destroy(new Error('EPIPE'));
    expect(await session).toEqual({ by: 'user' });
  });
});
