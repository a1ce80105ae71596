import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';

const run = promisify(execFile);
const index = new URL('./index.ts', import.meta.url).href;

describe('createLogger', () => {
  test('writes the same lines as createLineLogger, on stdout', async () => {
    const program = `
      const { createLogger, createLineLogger } = await import(${JSON.stringify(index)});
      for (const log of [createLogger({ component: 'c', verbosity: 4 }), createLineLogger({ component: 'c', verbosity: 4, write: (line) => process.stdout.write(line) })]) {
        for (const level of ['debug', 'info', 'warn', 'error']) log.child({ a: 1 }).child({ reconcileId: 'r' })[level]('hello', { error: new RangeError('x') });
      }`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program]);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const plain = lines.map(({ time, error, ...rest }) => ({
      ...rest,
      timed: typeof time,
      error: (error as Error).name,
    }));
    expect(plain).toHaveLength(8);
    const fields = { component: 'c', message: 'hello', a: 1, reconcileId: 'r', timed: 'string', error: 'RangeError' };
    const four = ['debug', 'info', 'warn', 'error'].map((level) => ({ ...fields, level }));
    expect(plain).toEqual([...four, ...four]);
  });
});
