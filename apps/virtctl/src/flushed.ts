import type { Writable } from 'node:stream';

/** Resolves once what was written is out; also when its reader has gone away. An exit before that would cut it off. */
export function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
