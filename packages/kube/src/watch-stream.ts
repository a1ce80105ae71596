import type { Readable } from 'node:stream';
import { TransportError, type Status } from './errors.ts';
import type { KubeObject } from './resource-type.ts';

/** One line of a watch (meta/v1 WatchEvent). A bookmark carries nothing but a resourceVersion. */
export type WatchEvent<T extends KubeObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | { type: 'BOOKMARK'; object: KubeObject }
  | { type: 'ERROR'; object: Status };

/**
 * etcd refuses objects over 1.5 MiB by default, and JSON written from it is of the same order; a line beyond this is no
 * watch event.
 */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Cuts the body of a watch into events. Ends when the body does.
 * @throws TransportError when the body breaks off inside a line or with an error, or is silent for `idleTimeoutMs`.
 */
export async function* watchEvents<T extends KubeObject>(
  body: Readable,
  options: { request: string; idleTimeoutMs: number },
): AsyncGenerator<WatchEvent<T>> {
  const { request, idleTimeoutMs } = options;
  const silence = new TransportError(request, `silent for ${idleTimeoutMs} ms`);
  const idle = setTimeout(() => body.destroy(silence), idleTimeoutMs);
  const pending: Buffer[] = [];
  let pendingBytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      idle.refresh();
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
        pending.push(chunk.subarray(start, end));
        const line = pending.length === 1 ? pending[0] : Buffer.concat(pending);
        pending.length = pendingBytes = 0;
        start = end + 1;
        if (line && line.length > 0) yield JSON.parse(line.toString('utf8')) as WatchEvent<T>;
      }
      if (start < chunk.length) pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      if (pendingBytes > MAX_LINE_BYTES) throw new TransportError(request, `a line exceeds ${MAX_LINE_BYTES} bytes`);
    }
  } catch (error) {
    throw error instanceof TransportError ? error : new TransportError(request, 'cut off', { cause: error });
  } finally {
    clearTimeout(idle);
    body.destroy();
  }
  if (pendingBytes > 0) throw new TransportError(request, 'ended inside an event');
}
