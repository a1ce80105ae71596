import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { changePodCpuQuotas, type CpuQuotaChange } from './cpu-quota.ts';

describe("a pod's CPU quotas", () => {
  let cgroupMount: string;
  const order: string[] = [];
  beforeEach(() => {
    cgroupMount = mkdtempSync(join(tmpdir(), 'quickvirt-cgroup-'));
    order.length = 0;
  });
  afterEach(() => rmSync(cgroupMount, { recursive: true }));

  function make(path: string, files: Record<string, string>): void {
    mkdirSync(join(cgroupMount, path), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cgroupMount, path, name), `${text}\n`);
  }
  const read = (path: string) => readFileSync(join(cgroupMount, path), 'utf8').trim();
  const halved: CpuQuotaChange['change'] = ({ quotaUs, periodUs }) => {
    order.push(`${quotaUs}`);
    return quotaUs === undefined ? undefined : { quotaUs, periodUs: periodUs / 2 };
  };

  test('of cgroup v1 change by their period, outermost first when they rise', async () => {
    make('cpu/kubepods/pod1', { 'cpu.cfs_quota_us': '20000', 'cpu.cfs_period_us': '100000' });
    make('cpu/kubepods/pod1/compute', { 'cpu.cfs_quota_us': '10000', 'cpu.cfs_period_us': '100000' });
    make('cpu/kubepods/pod1/console', { 'cpu.cfs_quota_us': '-1', 'cpu.cfs_period_us': '100000' });
    const podPaths = ['/kubepods/besteffort/pod1', '/kubepods/pod1'];
    expect(await changePodCpuQuotas({ version: 1, podPaths, order: 'inward', change: halved, cgroupMount })).toBe(2);
    expect(order[0]).toBe('20000');
    expect(read('cpu/kubepods/pod1/cpu.cfs_period_us')).toBe('50000');
    expect(read('cpu/kubepods/pod1/compute/cpu.cfs_period_us')).toBe('50000');
    expect(read('cpu/kubepods/pod1/compute/cpu.cfs_quota_us')).toBe('10000');
    expect(read('cpu/kubepods/pod1/console/cpu.cfs_period_us')).toBe('100000');
  });

  test('of cgroup v2 change in cpu.max, innermost first when they fall', async () => {
    make('kubepods/pod1', { 'cpu.max': 'max 100000' });
    make('kubepods/pod1/compute', { 'cpu.max': '10000 100000' });
    const podPaths = ['/kubepods/pod1'];
    expect(await changePodCpuQuotas({ version: 2, podPaths, order: 'outward', change: halved, cgroupMount })).toBe(1);
    expect(order).toEqual(['10000', 'undefined']);
    expect(read('kubepods/pod1/compute/cpu.max')).toBe('10000 50000');
    expect(read('kubepods/pod1/cpu.max')).toBe('max 100000');
  });

  test('of a pod that is gone are nothing', async () => {
    const podPaths = ['/kubepods/pod2'];
    expect(await changePodCpuQuotas({ version: 2, podPaths, order: 'inward', change: halved, cgroupMount })).toBe(0);
  });
});
