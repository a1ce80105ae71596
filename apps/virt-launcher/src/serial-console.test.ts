import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { eventually } from '@quickvirt/testing';
import { ConsoleTakenOver, ConsoleUnavailable, SerialConsole } from './serial-console.ts';

describe('the serial console', () => {
  let directory: string;
  let server: Server;
  let qemu: Socket;
  let serial: SerialConsole;
  const logErrors: unknown[] = [];

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'qv-'));
    const path = join(directory, 'serial0');
    const connected = new Promise<Socket>((resolve) => (server = createServer(resolve)));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    serial = new SerialConsole((error) => logErrors.push(error));
    await serial.connect(path, join(directory, 'serial0.log'));
    qemu = await connected;
  });
  afterEach(() => {
    qemu.destroy();
    server.close();
    rmSync(directory, { recursive: true });
  });

  const printed = (text: string | Buffer): Promise<void> =>
    new Promise((resolve) => qemu.write(text, () => setImmediate(resolve)));

  async function readUntil(session: Readable, text: string): Promise<string> {
    let seen = '';
    session.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    await eventually(() => seen.includes(text));
    return seen;
  }

  test('gives a session what was printed before it, and carries what is typed', async () => {
    await printed('boot\r\n');
    await printed('login: ');
    const session = serial.open();
    expect(await readUntil(session, 'login: ')).toBe('boot\r\nlogin: ');
    const typed = new Promise<Buffer>((resolve) => qemu.once('data', resolve));
    session.write('root\n');
    expect((await typed).toString()).toBe('root\n');
  });

  test('knows the last lines that were printed, watched or not', async () => {
    expect(serial.lastLines).toEqual([]);
    await printed('boot\r\n\r\n');
    const session = serial.open();
    await printed(`${'x'.repeat(5_000)}\r\nKernel panic`);
    await readUntil(session, 'panic');
    expect(serial.lastLines.at(-1)).toBe('Kernel panic');
    expect(serial.lastLines.join('').length).toBeLessThanOrEqual(2_048);
  });

  test('keeps the newest 64 KiB while nobody watches, and never makes the guest wait', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    await printed(Buffer.concat([megabyte, Buffer.from('the end')]));
    await eventually(() => qemu.writableLength === 0);
    const session = serial.open();
    expect(session.readableLength).toBeGreaterThan(0);
    expect(session.readableLength).toBeLessThanOrEqual(64 * 1024);
    await readUntil(session, 'the end');
  });

  test('a slow session makes the guest wait', async () => {
    const session = serial.open();
    const chunk = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent < 8; sent++) qemu.write(chunk);
    await eventually(() => session.readableLength > 0);
    // Time enough for all of it, if nothing held it back.
    for (let turn = 0; turn < 500; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(qemu.writableLength).toBeGreaterThan(4 * 1024 * 1024);
  });

  test('a newer session takes over, and the guest is read on', async () => {
    const older = serial.open();
    const ended = new Promise((resolve) => older.once('error', resolve));
    const newer = serial.open();
    expect(await ended).toBeInstanceOf(ConsoleTakenOver);
    await printed('hello');
    expect(await readUntil(newer, 'hello')).toBe('hello');
  });

  test('writes a log of all that is printed, with and without a session', async () => {
    await printed('one ');
    const session = serial.open();
    await printed('two');
    await readUntil(session, 'two');
    expect(readFileSync(join(directory, 'serial0.log'), 'utf8')).toBe('one two');
    expect(logErrors).toEqual([]);
  });

  test('ends its session with the guest; there is none to open afterwards', async () => {
    const session = serial.open();
    const ended = new Promise<void>((resolve) => session.resume().once('end', resolve));
    qemu.end();
    await ended;
    expect(() => serial.open()).toThrow(ConsoleUnavailable);
  });

  test('is unavailable where no QEMU listens', async () => {
    await expect(new SerialConsole(() => {}).connect(join(directory, 'none'))).rejects.toThrow(ConsoleUnavailable);
  });
});
