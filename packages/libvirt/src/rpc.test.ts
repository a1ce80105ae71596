import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { encodeFrame, FrameSplitter } from './frame.ts';
import { procedures } from './procedures.ts';
import { RpcChannel } from './rpc.ts';
import { temporarySocket } from './testing/temporary-socket.ts';

/** A peer that answers each call with whatever bytes it is told. */
describe('a hostile daemon', () => {
  const socketFile = temporarySocket();
  let server: Server;
  let answer: (socket: Socket, serial: number) => void;
  beforeAll(async () => {
    server = createServer((socket) => {
      const splitter = new FrameSplitter();
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        for (const frame of splitter.push(chunk)) answer(socket, frame.readUInt32BE(20));
      });
    });
    await new Promise<void>((resolve) => server.listen(socketFile.path, resolve));
  });
  afterAll(() => {
    server.close();
    socketFile[Symbol.dispose]();
  });

  const options = { maxInFlight: 4, callTimeoutMs: 5_000 };
  const version = procedures.connectGetLibVersion;

  test('settles every call exactly once, and never with a made-up answer', async () => {
    const header = fc.record({
      program: fc.constantFrom(version.program, 0x6b65_6570, 1),
      procedure: fc.constantFrom(version.number, 1, 318),
      type: fc.constantFrom(1, 1, 1, 2, 3, 4, 99),
      status: fc.constantFrom(0, 1, 2, 7),
      own: fc.boolean(),
    });
    const message = fc.record({ header, body: fc.uint8Array({ maxLength: 80 }), cut: fc.option(fc.nat(30)) });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 5 }), async (messages) => {
        answer = (socket, serial) => {
          for (const { header: own, body, cut } of messages) {
            const frame = encodeFrame({ ...own, serial: own.own ? serial : 9_999 }, (writer) => writer.raw(body));
            socket.write(cut === null ? frame : frame.subarray(0, cut));
          }
          socket.end();
        };
        const channel = await RpcChannel.connect(socketFile.path, options);
        const outcomes = await Promise.allSettled([
          channel.call('connectGetLibVersion', {}),
          channel.call('connectGetLibVersion', {}),
        ]);
        for (const outcome of outcomes) {
          if (outcome.status === 'fulfilled') expect(typeof outcome.value.libVersion).toBe('bigint');
          else expect(['LibvirtError', 'LibvirtConnectionError']).toContain(outcome.reason.name);
        }
        expect(await channel.closed).toMatchObject({ name: 'LibvirtConnectionError' });
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  test('a reply for another procedure ends the channel', async () => {
    answer = (socket, serial) => {
      const header = { program: version.program, procedure: 4, type: 1, serial, status: 0 };
      socket.write(encodeFrame(header, (writer) => writer.uint64(1n)));
    };
    const channel = await RpcChannel.connect(socketFile.path, options);
    await expect(channel.call('connectGetLibVersion', {})).rejects.toMatchObject({
      name: 'LibvirtConnectionError',
      cause: { message: expect.stringContaining('connectGetLibVersion was called') },
    });
  });

  test('an error that cannot be decoded fails its call', async () => {
    answer = (socket, serial) => {
      const { program, number: procedure } = version;
      socket.write(encodeFrame({ program, procedure, type: 1, serial, status: 1 }, (writer) => writer.uint32(1)));
    };
    const channel = await RpcChannel.connect(socketFile.path, options);
    await expect(channel.call('connectGetLibVersion', {})).rejects.toMatchObject({
      name: 'LibvirtConnectionError',
      cause: { name: 'XdrError' },
    });
  });
});
