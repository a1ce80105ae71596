import { ConversionError } from '../conversion-error.ts';
import { annotationOf, type Context } from '../context.ts';
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
  const emulatorCpus = domain.cpu.isolateEmulatorThread === true ? emulatorCpuCount(context) : 0;
  const needed = topology.vcpus + emulatorCpus;
  const cpuSet = facts.cpuSet ?? [];
  if (cpuSet.length < needed) {
    throw new ConversionError(
      'spec.domain.cpu.dedicatedCpuPlacement',
      `the container has ${cpuSet.length} CPUs of its own, but ${needed} are needed: is the kubelet's CPU manager policy "static"?`,
    );
  }
  const vcpuCpus = cpuSet.slice(0, topology.vcpus);
  return [
    element(
      'cputune',
      {},
      vcpuCpus.map((cpuset, vcpu) => element('vcpupin', { vcpu, cpuset })),
      emulatorCpus > 0 && element('emulatorpin', { cpuset: cpuSet.slice(topology.vcpus, needed).join(',') }),
      ioThreadPins(ioThreadCount(context), vcpuCpus),
    ),
  ];
}

/** One CPU for the emulator's threads, or two where the annotation asks for an even total (SMT siblings stay together). */
function emulatorCpuCount({ vmi, topology }: Context): number {
  const toEven = annotationOf(vmi, 'emulatorThreadCompleteToEvenParity') !== undefined;
  return toEven && topology.vcpus % 2 === 0 ? 2 : 1;
}

/** Spreads the vCPUs' CPUs over the I/O threads in runs; with more threads than CPUs the threads share them in turn. */
function ioThreadPins(threads: number, cpus: readonly number[]): Element[] {
  if (threads === 0) return [];
  const perThread = Math.floor(cpus.length / threads);
  return Array.from({ length: threads }, (_, index) => {
    const own =
      perThread === 0
        ? [cpus[index % cpus.length]]
        : cpus.slice(index * perThread, index === threads - 1 ? cpus.length : (index + 1) * perThread);
    return element('iothreadpin', { iothread: index + 1, cpuset: own.join(',') });
  });
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
