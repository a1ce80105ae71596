import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { isGroupOpen } from './open-group.ts';

test('a group that can be opened, one that is gone, and one of which it cannot be told', async () => {
  const devices = await mkdtemp(join(tmpdir(), 'open-group-'));
  await mkdir(join(devices, 'vfio/8'), { recursive: true });
  await writeFile(join(devices, 'vfio/7'), '');
  expect(await isGroupOpen(devices, 7)).toBe(false);
  expect(await isGroupOpen(devices, 9)).toBe(false);
  expect(await isGroupOpen(devices, 8)).toBe(true);
  await rm(devices, { recursive: true });
});
