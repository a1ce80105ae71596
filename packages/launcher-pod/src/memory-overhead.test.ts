import { describe, expect, test } from '@jest/globals';
import { wholeUnits } from '@quickvirt/api';
import { contextOf } from './context.ts';
import { memoryLines, memoryOverheadBytes, memoryOverheadLines } from './memory-overhead.ts';
import { renderLauncherPod } from './render.ts';
import { aConfig, aVmi, renderOptions } from './testing/samples.ts';

const MiB = 1024 * 1024;
const emulation = { developerConfiguration: { useEmulation: true } };
const overheadMiB = (cores: number, guest = '128Mi', configuration = {}) =>
  Number(
    memoryOverheadBytes(
      contextOf(aVmi({ domain: { cpu: { cores }, memory: { guest } } }), aConfig(configuration), renderOptions),
    ),
  ) / MiB;

/** Anonymous memory in MiB beyond guest RAM that was measured, see memory-overhead.ts: QEMU, then the rest of the pod. */
const measuredQemu: [vcpus: number, MiB: number][] = [
  [1, 22],
  [4, 23],
  [8, 25],
  [16, 29],
];
const measuredRest = { libvirtd: 20, kernel: 5, launcher: 19 };
/** Most that the container of a booted guest with one vCPU used beyond guest RAM, under emulation, in MiB. */
const measuredPeak = 94;
const tcgBuffer = 32;

describe('memory beyond guest RAM', () => {
  test.each(measuredQemu)('with %i vCPUs leaves a quarter of margin above what was measured', (vcpus, qemu) => {
    const used = qemu + measuredRest.libvirtd + measuredRest.kernel + measuredRest.launcher + tcgBuffer;
    expect(overheadMiB(vcpus, '128Mi', emulation)).toBeGreaterThanOrEqual(used * 1.25);
  });

  test('leaves a quarter of margin above the most that a whole container used', () => {
    expect(overheadMiB(1, '128Mi', emulation)).toBeGreaterThanOrEqual(measuredPeak * 1.25);
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
