import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { contentHash, Stamp } from './cache.ts';

const work = mkdtempSync(join(tmpdir(), 'quickvirt-cache-test-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function tree(name: string, files: Record<string, string>): string {
  const folder = join(work, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

describe('contentHash', () => {
  test('is the same for equal content, wherever it lies', () => {
    const one = tree('one', { 'a/b': 'x', c: 'y' });
    const two = tree('two', { c: 'y', 'a/b': 'x' });
    expect(contentHash(['t'], [one])).toBe(contentHash(['t'], [two]));
  });

  test.each([
    ['a file with other content', { 'a/b': 'x', c: 'z' }],
    ['a file of another name', { 'a/b': 'x', d: 'y' }],
    ['a file in another folder', { 'e/b': 'x', c: 'y' }],
    ['a file more', { 'a/b': 'x', c: 'y', d: '' }],
  ])('differs for %s', (title, files) => {
    const one = tree('base', { 'a/b': 'x', c: 'y' });
    expect(contentHash([], [tree(title, files)])).not.toBe(contentHash([], [one]));
  });

  test('differs when a file can be executed', () => {
    const folder = tree('mode', { program: 'x' });
    const before = contentHash([], [folder]);
    chmodSync(join(folder, 'program'), 0o755);
    expect(contentHash([], [folder])).not.toBe(before);
  });

  test('tells texts apart that join to the same', () => {
    expect(contentHash(['ab', 'c'])).not.toBe(contentHash(['a', 'bc']));
  });
});

describe('Stamp', () => {
  test('matches only what it was written for', () => {
    const stamp = new Stamp(join(work, 'stamp'));
    expect(stamp.matches('1')).toBe(false);
    stamp.write('1');
    expect(stamp.matches('1')).toBe(true);
    expect(stamp.matches('2')).toBe(false);
  });
});
