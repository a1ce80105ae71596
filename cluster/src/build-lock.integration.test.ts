import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { withBuildLock } from './build-lock.ts';

const work = mkdtempSync(join(tmpdir(), 'quickvirt-lock-test-'));
const cacheBefore = process.env.XDG_CACHE_HOME;
beforeAll(() => {
  process.env.XDG_CACHE_HOME = work;
});
afterAll(() => {
  if (cacheBefore === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheBefore;
  rmSync(work, { recursive: true, force: true });
});

test('one at a time, and the next also after an error', async () => {
  const steps: string[] = [];
  const inside = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const first = withBuildLock('x', async () => {
    steps.push('first in');
    held.resolve();
    await inside.promise;
    steps.push('first out');
    throw new Error('it failed');
  });
  await held.promise;
  const second = withBuildLock('x', async () => {
    steps.push('second in');
  });
  // Another name is not held up: by then the second would have had its turn, too.
  await withBuildLock('y', async () => void steps.push('other in'));
  inside.resolve();
  await expect(first).rejects.toThrow('it failed');
  await second;
  expect(steps).toEqual(['first in', 'other in', 'first out', 'second in']);
});
