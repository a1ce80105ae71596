import type { VirtualFunction } from './inventory.ts';
import type { PciAddress } from './pci-address.ts';

/** One attribute of a device: exactly one field is set (resource.k8s.io/v1 DeviceAttribute). */
type DraAttribute = { readonly string: string } | { readonly int: number } | { readonly bool: boolean };

/** A device as a ResourceSlice lists it (resource.k8s.io/v1 Device). */
export interface DraDevice {
  readonly name: string;
  readonly attributes: Readonly<Record<string, DraAttribute>>;
}

/** Standard attribute that KubeVirt-style consumers find the device by (KEP-4381, `StandardDeviceAttributePCIBusID`). */
const PCI_BUS_ID_ATTRIBUTE = 'resource.kubernetes.io/pciBusID';

/** Attribute of the NUMA node in the driver's own domain; absent when the firmware tells none. */
const NUMA_NODE_ATTRIBUTE = 'numaNode';

/** Name of a virtual function in its pool, a DNS label: `vf-0000-3d-02-2`. */
export function draDeviceName(pciAddress: PciAddress): string {
  return `vf-${pciAddress.replace(/[:.]/g, '-')}`;
}

/** The function that a device's name stands for; undefined when it is no name of ours. */
export function pciAddressOfDraDevice(name: string): PciAddress | undefined {
  const [, domain, bus, slot, func] = /^vf-([0-9a-f]{4,8})-([0-9a-f]{2})-([01][0-9a-f])-([0-7])$/.exec(name) ?? [];
  return func === undefined ? undefined : `${domain}:${bus}:${slot}.${func}`;
}

/**
 * A virtual function as a device. Attributes without a domain are in the driver's (KEP-4381), so CEL reads them as
 * `device.attributes["qat.quickvirt.io"].services`:
 * - `services`: what its card runs, joined by `;` as the kernel writes it; test with `"sym" in services.split(";")`,
 *   because `asym` contains `sym`. `generic` for cards with one fixed set.
 * - `generation`, `family`, `driver` (the vfio driver), `pf` (PCI address of the card), `numaNode`.
 */
export function draDevice(vf: VirtualFunction): DraDevice {
  return {
    name: draDeviceName(vf.pciAddress),
    attributes: {
      [PCI_BUS_ID_ATTRIBUTE]: { string: vf.pciAddress },
      services: { string: vf.services.length > 0 ? vf.services.join(';') : 'generic' },
      generation: { int: vf.generation },
      family: { string: vf.family },
      driver: { string: vf.driver ?? vf.wantedDriver },
      ...(vf.physicalFunction !== undefined && { pf: { string: vf.physicalFunction } }),
      ...(vf.numaNode !== undefined && { [NUMA_NODE_ATTRIBUTE]: { int: vf.numaNode } }),
    },
  };
}
