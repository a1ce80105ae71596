import type { Duplex } from 'node:stream';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RawData, WebSocket } from 'ws';

/** WebSocket close codes (RFC 6455 section 7.4.1). */
const NORMAL_CLOSURE = 1000;
const INTERNAL_ERROR = 1011;

/** Unsent bytes towards a client from which on the guest is not read any more. */
const HIGH_WATER_MARK_BYTES = 64 * 1024;

export interface BridgeOptions {
  /** A client that has not answered the ping before last is gone. Defaults to 30 s between pings. */
  pingIntervalMs?: number;
}

/**
 * Joins a client's WebSocket to a stream of bytes until either ends; neither side is read faster than the other takes
 * it. Resolves when both are closed; `error` says what went wrong on the stream's side, if anything did.
 */
export async function bridge(
  client: WebSocket,
  stream: Duplex,
  { pingIntervalMs = 30_000 }: BridgeOptions = {},
): Promise<{ error?: unknown }> {
  const closed = new Promise<void>((resolve) => {
    if (client.readyState === client.CLOSED) resolve();
    else client.once('close', () => resolve());
  });
  const stopPings = ping(client, pingIntervalMs);
  // The error of a socket is followed by its close; nothing more is to be done about it.
  client.on('error', () => undefined);
  forwardFromClient(client, stream);
  void closed.then(() => stream.destroy());
  let error: unknown;
  try {
    await pipeline(stream, toClient(client));
    client.close(NORMAL_CLOSURE, 'the guest closed the stream');
  } catch (cause) {
    if (client.readyState === client.OPEN) {
      error = cause;
      client.close(INTERNAL_ERROR, 'the connection to the guest was lost');
    }
  }
  await closed;
  stopPings();
  return { error };
}

function toClient(client: WebSocket): Writable {
  return new Writable({
    highWaterMark: HIGH_WATER_MARK_BYTES,
    write(chunk: Buffer, _encoding, callback) {
      client.send(chunk, { binary: true }, (error) => callback(error ?? null));
    },
  });
}

function forwardFromClient(client: WebSocket, stream: Duplex): void {
  client.on('message', (data: RawData) => {
    if (stream.destroyed || stream.writableEnded) return;
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
    if (stream.write(bytes)) return;
    client.pause();
    stream.once('drain', () => client.resume());
  });
}

/** Finds clients that vanished without a word, and keeps middleboxes from forgetting the connection. */
function ping(client: WebSocket, intervalMs: number): () => void {
  let isAlive = true;
  client.on('pong', () => (isAlive = true));
  const timer = setInterval(() => {
    if (!isAlive) {
      client.terminate();
      return;
    }
    isAlive = false;
    client.ping();
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
