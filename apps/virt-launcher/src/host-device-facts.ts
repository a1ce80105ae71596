import { readFile } from 'node:fs/promises';
import type { VirtualMachineInstance } from '@quickvirt/api';
import type { HostDeviceFacts, HostNumaCell } from '@quickvirt/domain-xml';
import { parseCpuList } from './cpu-list.ts';
import { assignFunctions, type GivenFunctions } from './pci-pool.ts';

/** Where the kernel tells of PCI functions and NUMA nodes; read-only in a pod. */
const SYSFS = '/sys';

/**
 * The PCI functions of the VMI's devices, with their NUMA nodes where the guest has the node's NUMA cells.
 * @throws FieldError that names the device for which no function was given.
 */
export async function hostDeviceFacts(
  vmi: VirtualMachineInstance,
  given: GivenFunctions,
  sysfs = SYSFS,
): Promise<Record<string, HostDeviceFacts>> {
  // Also those that are no device of this list, network functions for example: virt-handler names them.
  const functions = new Map([...given.plugged, ...assignFunctions(vmi, given)]);
  const facts = [...functions].map(async ([name, address]): Promise<[string, HostDeviceFacts]> => {
    const numaNode = hasHostNuma(vmi) ? await numaNodeOf(address, sysfs) : undefined;
    return [name, { kind: 'pci', address, ...(numaNode !== undefined && { numaNode }) }];
  });
  return Object.fromEntries(await Promise.all(facts));
}

/** The node's NUMA cells, for guests that have them; undefined for others. @throws Error when sysfs tells none. */
export async function numaCells(vmi: VirtualMachineInstance, sysfs = SYSFS): Promise<HostNumaCell[] | undefined> {
  if (!hasHostNuma(vmi)) return undefined;
  const directory = `${sysfs}/devices/system/node`;
  const ids = parseCpuList((await readFile(`${directory}/online`, 'utf8')).trim());
  return Promise.all(
    ids.map(async (id) => {
      const cpulist = (await readFile(`${directory}/node${id}/cpulist`, 'utf8')).trim();
      const distances = (await readFile(`${directory}/node${id}/distance`, 'utf8')).trim().split(/\s+/);
      return {
        id,
        // A node of memory alone has no CPU.
        cpus: cpulist === '' ? [] : parseCpuList(cpulist),
        distances: distances.map((value, index) => ({ cell: ids[index] ?? index, value: Number(value) })),
      };
    }),
  );
}

const hasHostNuma = ({ spec }: VirtualMachineInstance): boolean =>
  spec.domain.cpu?.numa?.guestMappingPassthrough !== undefined;

/** `numa_node` of a PCI function (ABI sysfs-bus-pci): -1 when the firmware tells none. */
async function numaNodeOf(address: string, sysfs: string): Promise<number | undefined> {
  const text = await readFile(`${sysfs}/bus/pci/devices/${address}/numa_node`, 'utf8').catch(() => '-1');
  const node = Number(text.trim());
  return Number.isSafeInteger(node) && node >= 0 ? node : undefined;
}
