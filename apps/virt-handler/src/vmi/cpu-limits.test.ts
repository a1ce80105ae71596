import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@quickvirt/telemetry';
import { nodeCpuLimits } from './cpu-limits.ts';

const podUid = '9ff4c24f-0d05-42ff-8b5b-96575ba3f8d8';
const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent } as unknown as Logger;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'quickvirt-cpu-limits-'));
  mkdirSync(join(root, 'proc/self'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

test.each([
  [
    'v1',
    '4:cpu,cpuacct:/kubepods/burstable/podx/c\n0::/x',
    'cgroup/cpu',
    { 'cpu.cfs_quota_us': '10000', 'cpu.cfs_period_us': '100000' },
  ],
  ['v2', '0::/kubepods/burstable/podx/c\n', 'cgroup', { 'cpu.max': '10000 100000' }],
])('a limit is lifted, and put back by another process: cgroup %s', async (_version, own, mount, given) => {
  writeFileSync(join(root, 'proc/self/cgroup'), own);
  const container = join(root, mount, 'kubepods/burstable', `pod${podUid}`, 'compute');
  mkdirSync(container, { recursive: true });
  for (const [name, text] of Object.entries(given)) writeFileSync(join(container, name), text);
  const now = () =>
    Object.fromEntries(Object.keys(given).map((name) => [name, readFileSync(join(container, name), 'utf8')]));
  const limits = () => nodeCpuLimits(logger, { proc: join(root, 'proc'), cgroupMount: join(root, 'cgroup') });
  await limits().lift(podUid);
  expect(Object.values(now()).join(' ')).toBe('10000 5000');
  await limits().restore(podUid);
  expect(now()).toEqual(given);
});

test('a pod that is not there holds nothing up', async () => {
  writeFileSync(join(root, 'proc/self/cgroup'), '0::/kubepods/podx/c\n');
  await nodeCpuLimits(logger, { proc: join(root, 'proc'), cgroupMount: root }).lift(podUid);
});
