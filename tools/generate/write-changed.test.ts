import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeChanged } from './write-changed.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quickvirt-write-changed-'));
  writeFileSync(join(folder, 'same'), 'as it was');
  writeFileSync(join(folder, 'stale'), 'old');
});

afterEach(() => rmSync(folder, { recursive: true }));

const files = { same: 'as it was', stale: 'new', 'made/inside': 'new' };

test('a check names what is stale or missing and writes nothing', async () => {
  expect(await writeChanged(folder, files, true)).toEqual(['stale', 'made/inside']);
  expect(readFileSync(join(folder, 'stale'), 'utf8')).toBe('old');
  expect(await writeChanged(folder, files, true)).toEqual(['stale', 'made/inside']);
});

test('what differs is written, what is the same is left alone, and a check is content afterwards', async () => {
  const { mtimeMs } = statSync(join(folder, 'same'));
  expect(await writeChanged(folder, files, false)).toEqual(['stale', 'made/inside']);
  expect(readFileSync(join(folder, 'made/inside'), 'utf8')).toBe('new');
  expect(statSync(join(folder, 'same')).mtimeMs).toBe(mtimeMs);
  expect(await writeChanged(folder, files, true)).toEqual([]);
});

test('a file that cannot be read is an error, not a missing one', async () => {
  await expect(writeChanged(folder, { 'same/inside': 'x' }, true)).rejects.toThrow('ENOTDIR');
});
