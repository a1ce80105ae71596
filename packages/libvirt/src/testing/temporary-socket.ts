import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A socket path in a directory of its own, gone when disposed of. */
export function temporarySocket(): Disposable & { path: string } {
  const directory = mkdtempSync(join(tmpdir(), 'qv-'));
  return {
    path: join(directory, 'sock'),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
