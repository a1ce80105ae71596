import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { expectGolden, goldenJson } from './golden.ts';

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'golden-'))));
afterEach(() => rm(directory, { recursive: true }));

describe('expectGolden', () => {
  test('shows the first line that differs', async () => {
    const file = join(directory, 'a.txt');
    await writeFile(file, 'one\ntwo\nthree\n');
    await expectGolden(file, 'one\ntwo\nthree\n');
    await expect(expectGolden(file, 'one\n2\nthree\n')).rejects.toThrow('line 2:\n- two\n+ 2\n');
    await expect(expectGolden(file, 'one\ntwo\nthree\nfour')).rejects.toThrow('line 4');
  });

  test('a golden that is missing fails', async () => {
    await expect(expectGolden(join(directory, 'none'), 'x')).rejects.toThrow('UPDATE_GOLDENS=1');
  });

  test('JSON does not depend on the order of keys', () => {
    expect(goldenJson({ b: [{ d: 1, c: 2 }], a: null })).toBe(goldenJson({ a: null, b: [{ c: 2, d: 1 }] }));
  });
});
