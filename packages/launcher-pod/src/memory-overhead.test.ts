import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { wholeUnits } from '@quickvirt/api';
import { contextOf } from './context.ts';
import { memoryLines, memoryOverheadBytes, memoryOverheadLines } from './memory-overhead.ts';
import { renderLauncherPod } from './render.ts';
import { overheadConfig, overheadGuests, type OverheadGuest } from './testing/overhead-guests.ts';
import { aConfig, aVmi, renderOptions } from './testing/samples.ts';

const MiB = 1024 * 1024;
const emulation = { developerConfiguration: { useEmulation: true } };
/** KubeVirt's constants for such guests: 288 MiB with one vCPU (docs/performance.md), 8 more for each further one. */
const kubevirtMiB = ({ vmi }: OverheadGuest): number => 288 + 8 * ((vmi.spec.domain.cpu?.cores ?? 1) - 1);
const overheadMiB = (cores: number, guest = '128Mi', configuration = {}) =>
  Number(
    memoryOverheadBytes(
      contextOf(aVmi({ domain: { cpu: { cores }, memory: { guest } } }), aConfig(configuration), renderOptions),
    ),
  ) / MiB;

interface Measured {
  heldKiB: number;
  pssKiB: number;
}

/** As `npm run bench -- overhead` recorded it. */
const measured = JSON.parse(
  readFileSync(new URL('testdata/memory-overhead.measured.json', import.meta.url), 'utf8'),
) as { launcher: Measured; libvirtd: Measured; qemu: Record<string, Measured> };

/** Within QEMU's memory: full, and it never grows beyond. */
const translationBufferMiB = 32;
/** Measured in a pod's cgroup, which the benchmark has none of; and files of the run, socket and console volumes. */
const kernelMiB = 5;
const filesMiB = 1;
/** Room above what was measured. */
const margin = 1.25;

describe('memory beyond guest RAM', () => {
  const model = ({ vmi }: OverheadGuest): number =>
    Number(memoryOverheadBytes(contextOf(vmi, overheadConfig, renderOptions))) / MiB;

  test.each(overheadGuests)('of $name is a quarter above what the kernel could not take back', (guest) => {
    const qemu = measured.qemu[guest.name];
    if (qemu === undefined) throw new Error(`${guest.name} was not measured: npm run bench -- overhead`);
    const { launcher, libvirtd } = measured;
    const growing = (launcher.heldKiB + libvirtd.heldKiB + qemu.heldKiB) / 1024 - translationBufferMiB;
    const held = growing + kernelMiB + filesMiB;
    expect(model(guest)).toBeGreaterThanOrEqual(held * margin + translationBufferMiB);
    // With the program's files that no other pod holds, too.
    expect(model(guest)).toBeGreaterThanOrEqual((launcher.pssKiB + libvirtd.pssKiB + qemu.pssKiB) / 1024 + kernelMiB);
  });

  test.each(overheadGuests)('of $name is below what KubeVirt adds', (guest) => {
    expect(model(guest)).toBeLessThan(kubevirtMiB(guest));
  });

  test('is within the budget of 150 MiB for a small guest', () => {
    expect(overheadMiB(1, '128Mi', emulation)).toBeLessThanOrEqual(150);
    expect(overheadMiB(1)).toBeLessThanOrEqual(150);
  });

  test('and the guest itself are what the container asks for', () => {
    const sum = memoryLines(aVmi(), aConfig()).reduce((total, { bytes }) => total + bytes, 0n);
    const { spec } = renderLauncherPod(aVmi(), aConfig(), renderOptions);
    expect(wholeUnits(spec.containers[0]?.resources?.requests?.['memory'] ?? '')).toBe(sum);
  });

  test('grows with the guest by its page tables alone', () => {
    expect(overheadMiB(1, '65Gi') - overheadMiB(1, '1Gi')).toBe(((64 * 1024) / 512) * 2);
  });

  test("is multiplied by the cluster's ratio, which shows as a line of its own", () => {
    const context = contextOf(aVmi(), aConfig({ additionalGuestMemoryOverheadRatio: '1.5' }), renderOptions);
    expect(Number(memoryOverheadBytes(context)) / MiB).toBeCloseTo(overheadMiB(1) * 1.5, 3);
    expect(memoryOverheadLines(context).at(-1)?.what).toBe('additionalGuestMemoryOverheadRatio 1.5');
  });
});

describe('a limit of memory', () => {
  const resourcesOf = (resources: object) =>
    renderLauncherPod(aVmi({ domain: { cpu: { cores: 2 }, resources } }), aConfig(), renderOptions).spec.containers[0]
      ?.resources;
  const bytes = (quantity: unknown) => wholeUnits(String(quantity));

  test('leaves room for a restart of the guest beyond the request', () => {
    const { requests, limits } = resourcesOf({ requests: { memory: '1Gi' }, limits: { memory: '1Gi' } }) ?? {};
    expect(bytes(limits?.['memory']) - bytes(requests?.['memory'])).toBe(BigInt(136 * MiB));
  });

  test('is the request where the pod is Guaranteed', () => {
    const both = { memory: '1Gi', cpu: '2' };
    const { requests, limits } = resourcesOf({ requests: both, limits: both }) ?? {};
    expect(limits).toEqual(expect.objectContaining({ memory: requests?.['memory'], cpu: requests?.['cpu'] }));
  });
});
