import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { eventually, launchProcess } from '@quickvirt/testing';
import { keepRunning } from './kept-process.ts';

test('a process that ends is started again and counted, until it is stopped', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'quickvirt-kept-'));
  const kept = await keepRunning(async (count) => launchProcess('sleep', join(folder, `${count}.log`), ['60']));
  const first = kept.current.child;
  first.kill('SIGKILL');
  await eventually(() => kept.restarts === 1 && kept.current.child !== first);
  const second = kept.current.child;
  expect(second.exitCode).toBeNull();
  await kept.stop();
  expect(second.signalCode).toBe('SIGKILL');
  expect(kept.restarts).toBe(1);
  rmSync(folder, { recursive: true, force: true });
});
