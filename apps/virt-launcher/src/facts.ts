import { readFile } from 'node:fs/promises';
import type { VirtualMachineInstance } from '@quickvirt/api';
import type { DomainFacts, VolumeFacts } from '@quickvirt/domain-xml';
import type { Hypervisor } from '@quickvirt/libvirt';

/** What the handler knows and the launcher cannot, as `HandlerFacts` of launcher.proto. */
export interface HandlerFacts {
  taps: { interfaceName: string; deviceName: string; macAddress: string; mtu: number }[];
  hostDevices: { name: string; pciAddress: string }[];
}

/** Gathers all that the conversion of this VMI needs to know about this pod. */
export async function gatherFacts(
  vmi: VirtualMachineInstance,
  handler: HandlerFacts,
  volumes: Record<string, VolumeFacts>,
  runDirectory: string,
  hypervisor: Hypervisor,
): Promise<DomainFacts> {
  return {
    runDirectory,
    volumes,
    taps: Object.fromEntries(
      handler.taps.map(({ interfaceName, ...tap }): [string, typeof tap] => [interfaceName, tap]),
    ),
    hostDevices: Object.fromEntries(
      handler.hostDevices.map(({ name, pciAddress }) => [name, { kind: 'pci' as const, address: pciAddress }]),
    ),
    libvirtVersion: Number(await hypervisor.libVersion()),
    cpuSet: vmi.spec.domain.cpu?.dedicatedCpuPlacement ? await readCpuSet() : undefined,
  };
}

/** The CPUs that this container may use (proc(5), `Cpus_allowed_list`), ascending. */
async function readCpuSet(): Promise<number[]> {
  const status = await readFile('/proc/self/status', 'utf8');
  return parseCpuList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
}

/** A kernel CPU list such as `0-3,8`. @throws Error when it is none. */
export function parseCpuList(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range);
    if (!match) throw new Error(`${JSON.stringify(text)} is no list of CPUs`);
    const first = Number(match[1]);
    const last = Number(match[2] ?? first);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  });
}
