import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withChangeTimes } from './capabilities-cache.ts';
import { domainPhase, stateReason, summarizeDomainXml } from './domain-state.ts';
import { parseCpuList } from './cpu-list.ts';
import { lastLines } from './log-tail.ts';
import { parseOomKills } from './oom-kills.ts';
import { parseOptions } from './options.ts';
import { DomainState, ShutoffReason } from '@quickvirt/libvirt';

test('a CPU list is its CPUs', () => {
  expect(parseCpuList('0-2,8')).toEqual([0, 1, 2, 8]);
  expect(parseCpuList('3')).toEqual([3]);
  expect(() => parseCpuList('a')).toThrow(/no list of CPUs/);
});

test('both versions of cgroup tell OOM kills', () => {
  expect(parseOomKills('low 0\noom 2\noom_kill 1\noom_group_kill 0\n')).toBe(1);
  expect(parseOomKills('oom_kill_disable 0\nunder_oom 0\noom_kill 3\n')).toBe(3);
  expect(parseOomKills('')).toBeUndefined();
});

test('a capabilities cache is valid for this pod’s files', () => {
  const baked = '<qemuCaps><emulator>/q</emulator><qemuctime>1</qemuctime><selfctime>2</selfctime></qemuCaps>';
  expect(withChangeTimes(baked, 30, 40)).toBe(
    '<qemuCaps><emulator>/q</emulator><qemuctime>30</qemuctime><selfctime>40</selfctime></qemuCaps>',
  );
});

describe('a log’s end', () => {
  const directory = mkdtempSync(join(tmpdir(), 'qv-'));
  const path = join(directory, 'log');
  afterAll(() => rmSync(directory, { recursive: true }));

  test('is its last lines, without QEMU’s command line', async () => {
    writeFileSync(path, 'LC_ALL=C \\\n/usr/bin/qemu \\\n-msg timestamp=on\n\n2026: warning\n2026: shutting down\n');
    expect(await lastLines(path, 5)).toEqual(['2026: warning', '2026: shutting down']);
    expect(await lastLines(path, 1)).toEqual(['2026: shutting down']);
  });

  test('leaves out a line that was cut, and is nothing without a file', async () => {
    writeFileSync(path, `${'x'.repeat(100)}\nlast\n`);
    expect(await lastLines(path, 5, 50)).toEqual(['last']);
    expect(await lastLines(`${path}-none`, 5)).toEqual([]);
  });
});

test('libvirt’s numbers become words', () => {
  expect(domainPhase(DomainState.pmSuspended)).toBe('PAUSED');
  expect(stateReason(DomainState.running, 1)).toBe('booted');
  expect(stateReason(DomainState.paused, 5)).toBe('io-error');
  expect(stateReason(DomainState.shutoff, ShutoffReason.crashed)).toBe('crashed');
  expect(stateReason(DomainState.running, 99)).toBe('unknown');
});

test('machine and memory are read from libvirt’s XML', () => {
  const xml =
    "<currentMemory unit='KiB'>1024</currentMemory><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>";
  expect(summarizeDomainXml(xml)).toEqual({ machineType: 'pc-q35-7.2', guestMemoryBytes: 1024 * 1024 });
});

describe('flags', () => {
  const must = ['--namespace', 'default', '--name', 'vm', '--uid', 'u'];
  test('have the pod’s paths as defaults', () => {
    expect(parseOptions([...must, '--grace-period-seconds', '5'])).toMatchObject({
      gracePeriodMs: 5_000,
      runDirectory: '/run/launcher',
      terminationMessagePath: '/dev/termination-log',
    });
  });
  test.each([
    [must.slice(2), /--namespace/],
    [[...must, '--grace-period-seconds', '-1'], /grace-period-seconds/],
    [[...must, '--grace-period-seconds=1.5'], /grace-period-seconds/],
  ])('%j is refused by the flag', (args, message) => {
    expect(() => parseOptions(args)).toThrow(message);
  });
});
