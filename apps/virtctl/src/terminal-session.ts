import type { Readable, Writable } from 'node:stream';
import { WebSocket, type RawData } from 'ws';

/** Ctrl+], as in telnet and virsh. */
const ESCAPE = 0x1d;

/** Where a session reads keys and writes what the guest prints. */
export interface Terminal {
  input: Readable & { isTTY?: boolean; setRawMode?: (isRaw: boolean) => unknown };
  output: Writable;
}

/** How a session ended. */
export type SessionEnd =
  /** The user pressed Ctrl+]. */
  | { by: 'user' }
  /** The other side closed it in order. */
  | { by: 'guest' }
  | { by: 'loss'; code: number; reason: string };

/**
 * Joins a terminal to the stream of a console until either leaves. On a terminal every key goes to the guest, Ctrl+C
 * too; only Ctrl+] stays here. Where the input is no terminal it is sent as it is, and its end does not end the session:
 * what the guest still prints is what a script waits for. Ctrl+] in it ends the session.
 */
export async function runTerminalSession(socket: WebSocket, { input, output }: Terminal): Promise<SessionEnd> {
  const end = Promise.withResolvers<SessionEnd>();
  socket.on('message', (data: RawData) => {
    if (output.write(data as Buffer)) return;
    socket.pause();
    output.once('drain', () => socket.resume());
  });
  socket.once('close', (code, reason) =>
    end.resolve(code === 1000 ? { by: 'guest' } : { by: 'loss', code, reason: reason.toString() }),
  );
  socket.on('error', (error) => end.resolve({ by: 'loss', code: 0, reason: error.message }));
  // A reader of our output that goes away (`| head`) has seen enough.
  output.once('error', () => end.resolve({ by: 'user' }));

  const onKeys = (keys: Buffer): void => {
    const escape = keys.indexOf(ESCAPE);
    const sent = escape < 0 ? keys : keys.subarray(0, escape);
    if (sent.length > 0 && socket.readyState === WebSocket.OPEN) {
      input.pause();
      socket.send(sent, { binary: true }, () => input.resume());
    }
    if (escape >= 0) end.resolve({ by: 'user' });
  };
  input.setRawMode?.(true);
  input.on('data', onKeys);
  try {
    return await end.promise;
  } finally {
    input.off('data', onKeys);
    input.pause();
    input.setRawMode?.(false);
    socket.close(1000);
  }
}
