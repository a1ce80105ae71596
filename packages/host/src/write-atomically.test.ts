import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeAtomically, writeDurably } from './write-atomically.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'quickvirt-write-'));
  path = join(directory, 'state.json');
  writeFileSync(path, 'old');
});
afterEach(() => rmSync(directory, { recursive: true }));

test.each([writeAtomically, writeDurably])(
  '%o: a full disk leaves the old text, and room brings the new one',
  async (write) => {
    symlinkSync('/dev/full', `${path}.next`); // every write to it fails with ENOSPC
    await expect(write(path, 'new')).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(readFileSync(path, 'utf8')).toBe('old');
    rmSync(`${path}.next`);
    await write(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
  },
);
