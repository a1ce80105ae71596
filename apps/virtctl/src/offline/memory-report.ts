import type { VirtualMachineInstance } from '@quickvirt/api';
import { COMPUTE_CONTAINER, type OverheadLine, type Pod } from '@quickvirt/launcher-pod';

/** The memory of one VMI's launcher pod. */
export interface MemoryReport {
  namespace: string;
  name: string;
  guestBytes: number;
  overhead: { what: string; bytes: number }[];
  overheadBytes: number;
  /** Of the compute container, as far as they are of memory. */
  requests: Record<string, string>;
  limits: Record<string, string>;
}

/**
 * The lines of the memory model in numbers that JSON holds: no guest has 2^53 bytes.
 * @param lines the guest's RAM first
 */
export function memoryReport(
  { metadata }: VirtualMachineInstance,
  [guest, ...lines]: readonly OverheadLine[],
  { spec }: Pod,
): MemoryReport {
  const overhead = lines.map(({ what, bytes }) => ({ what, bytes: Number(bytes) }));
  const { requests, limits } = spec.containers.find(({ name }) => name === COMPUTE_CONTAINER)?.resources ?? {};
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    guestBytes: Number(guest?.bytes ?? 0n),
    overhead,
    overheadBytes: overhead.reduce((sum, { bytes }) => sum + bytes, 0),
    requests: memoryOf(requests),
    limits: memoryOf(limits),
  };
}

function memoryOf(resources: Readonly<Record<string, string>> = {}): Record<string, string> {
  const named = Object.entries(resources).filter(([name]) => name === 'memory' || name.startsWith('hugepages-'));
  return Object.fromEntries(named);
}

const MIB = 1024 * 1024;

/** The report as a table in MiB. */
export function memoryTable(report: MemoryReport): string {
  const rows: [string, string][] = [
    ['guest', inMib(report.guestBytes)],
    ...report.overhead.map(({ what, bytes }): [string, string] => [`  ${what}`, inMib(bytes)]),
    ['overhead', inMib(report.overheadBytes)],
    ...Object.entries(report.requests).map(([name, quantity]): [string, string] => [`request ${name}`, quantity]),
    ...Object.entries(report.limits).map(([name, quantity]): [string, string] => [`limit ${name}`, quantity]),
  ];
  const width = Math.max(...rows.map(([what]) => what.length));
  const amount = Math.max(...rows.map(([, value]) => value.length));
  const lines = rows.map(([what, value]) => `${what.padEnd(width)}  ${value.padStart(amount)}`);
  return [`${report.namespace}/${report.name}`, ...lines].join('\n');
}

const inMib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
