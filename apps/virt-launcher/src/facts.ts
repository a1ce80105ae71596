import { readFile } from 'node:fs/promises';
import type { VirtualMachineInstance } from '@quickvirt/api';
import type { DomainFacts, VolumeFacts } from '@quickvirt/domain-xml';
import type { Hypervisor } from '@quickvirt/libvirt';
import { claimDevices } from './claim-devices.ts';
import { parseCpuList } from './cpu-list.ts';
import { hostDeviceFacts, numaCells } from './host-device-facts.ts';

/** What the handler knows and the launcher cannot, as `HandlerFacts` of launcher.proto. */
export interface HandlerFacts {
  taps: { interfaceName: string; deviceName: string; macAddress: string; mtu: number }[];
  hostDevices: { name: string; pciAddress: string }[];
}

/** What is known of the pod before its facts are gathered. */
export interface PodContents {
  volumes: Record<string, VolumeFacts>;
  runDirectory: string;
  /** PCI functions in the running domain, by device name. */
  presentFunctions: ReadonlyMap<string, string>;
}

/**
 * Gathers all that the conversion of this VMI needs to know about this pod.
 * @throws FieldError for a device that the pod was not given.
 */
export async function gatherFacts(
  vmi: VirtualMachineInstance,
  handler: HandlerFacts,
  { volumes, runDirectory, presentFunctions }: PodContents,
  hypervisor: Hypervisor,
): Promise<DomainFacts> {
  return {
    runDirectory,
    volumes,
    taps: Object.fromEntries(
      handler.taps.map(({ interfaceName, ...tap }): [string, typeof tap] => [interfaceName, tap]),
    ),
    hostDevices: await hostDeviceFacts(vmi, {
      variables: process.env,
      present: presentFunctions,
      plugged: new Map(handler.hostDevices.map(({ name, pciAddress }) => [name, pciAddress])),
      claimed: await claimDevices(vmi),
    }),
    numaCells: await numaCells(vmi),
    libvirtVersion: Number(await hypervisor.libVersion()),
    cpuSet: vmi.spec.domain.cpu?.dedicatedCpuPlacement ? await readCpuSet() : undefined,
  };
}

/** The CPUs that this container may use (proc(5), `Cpus_allowed_list`), ascending. */
async function readCpuSet(): Promise<number[]> {
  const status = await readFile('/proc/self/status', 'utf8');
  return parseCpuList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
}
