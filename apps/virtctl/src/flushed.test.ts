import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { flushed } from './flushed.ts';

test('an exit cuts nothing off that a slow reader has not taken yet', async () => {
  const program = `
    import { flushed } from ${JSON.stringify(join(import.meta.dirname, 'flushed.ts'))};
    process.stdout.write('x'.repeat(1024 * 1024) + 'bye');
    await flushed(process.stdout);
    process.exit();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // More than a pipe holds has been written before anything is read.
  await once(child.stdout, 'readable');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(child, 'close');
  expect([text.length, text.slice(-3)]).toEqual([1024 * 1024 + 3, 'bye']);
});

test('a reader that has gone is not waited for', async () => {
  const gone = new PassThrough();
  gone.on('error', () => undefined).destroy(new Error('EPIPE'));
  await flushed(gone);
});
