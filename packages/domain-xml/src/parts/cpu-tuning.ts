import { ConversionError } from '../conversion-error.ts';
import type { Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import { guestNuma } from './numa.ts';
import { ioThreadCount } from './io-threads.ts';

/** Pinning of vCPUs, I/O threads and the emulator to the container's own CPUs, and memory to their NUMA cells. */
export function cpuTuning(context: Context): Element[] {
  return [...pinning(context), ...numaTuning(context)];
}

function pinning(context: Context): Element[] {
  const { domain, topology, facts } = context;
  if (domain.cpu?.dedicatedCpuPlacement !== true) return [];
  const isolated = domain.cpu.isolateEmulatorThread === true;
  const needed = topology.vcpus + (isolated ? 1 : 0);
  const cpuSet = facts.cpuSet ?? [];
  if (cpuSet.length < needed) {
    throw new ConversionError(
      'spec.domain.cpu.dedicatedCpuPlacement',
      `the container has ${cpuSet.length} CPUs of its own, but ${needed} are needed: is the kubelet's CPU manager policy "static"?`,
    );
  }
  const vcpuCpus = cpuSet.slice(0, topology.vcpus);
  // All that the pod asked for beyond the vCPUs is the emulator's: one CPU, or two where SMT siblings stay together.
  const emulatorCpus = isolated ? cpuSet.slice(topology.vcpus) : [];
  return [
    element(
      'cputune',
      {},
      vcpuCpus.map((cpuset, vcpu) => element('vcpupin', { vcpu, cpuset })),
      isolated && element('emulatorpin', { cpuset: emulatorCpus.join(',') }),
      ioThreadPins(ioThreadCount(context), vcpuCpus, emulatorCpus),
    ),
  ];
}

/**
 * I/O threads run with the emulator where that has CPUs of its own; else on the vCPUs' CPUs: spread over them in runs
 * of equal length, the first ones longer by one, or one CPU each in turn when there are at least as many threads.
 */
function ioThreadPins(threads: number, cpus: readonly number[], emulatorCpus: readonly number[]): Element[] {
  const perThread = Math.floor(cpus.length / threads);
  const longer = cpus.length % threads;
  const cpusOf = (index: number): readonly (number | undefined)[] => {
    if (emulatorCpus.length > 0) return emulatorCpus;
    if (threads >= cpus.length) return [cpus[(index + 1) % cpus.length]];
    const start = index * perThread + Math.min(index, longer);
    return cpus.slice(start, start + perThread + (index < longer ? 1 : 0));
  };
  return Array.from({ length: threads }, (_, index) =>
    element('iothreadpin', { iothread: index + 1, cpuset: cpusOf(index).join(',') }),
  );
}

function numaTuning(context: Context): Element[] {
  const bound = guestNuma(context).flatMap(({ hostCell }, cellid) =>
    hostCell === undefined ? [] : [{ cellid, hostCell }],
  );
  if (bound.length === 0) return [];
  return [
    element(
      'numatune',
      {},
      element('memory', { mode: 'strict', nodeset: bound.map(({ hostCell }) => hostCell).join(',') }),
      bound.map(({ cellid, hostCell }) => element('memnode', { cellid, mode: 'strict', nodeset: hostCell })),
    ),
  ];
}
