import type { QatDeviceFamily } from '@quickvirt/config';

/** VF driver names follow the PF's; the fourth generation's is out of tree (Intel's package), as are d15xx and c4xxx. */
function family(
  name: string,
  generation: number,
  [physicalFunction, ...virtualFunctions]: readonly [string, ...string[]],
  rest: Partial<QatDeviceFamily> & { driver: string },
): QatDeviceFamily {
  const { driver, ...more } = rest;
  return {
    family: name,
    generation,
    physicalFunction: `8086:${physicalFunction}`,
    virtualFunctions: virtualFunctions.map((device) => `8086:${device}`),
    physicalFunctionDrivers: [driver],
    virtualFunctionDrivers: [`${driver}vf`],
    services: [],
    maxServices: 0,
    denylisted: false,
    ...more,
  };
}

/**
 * The cards that are known. Ids: Linux `drivers/crypto/intel/qat` and `include/linux/pci_ids.h`, DPDK's table of QAT
 * devices; generations as DPDK counts them (the first counts as the second here: the same kernel code drives both);
 * limits of services: Linux ABI sysfs-driver-qat; the denylist: Linux `drivers/vfio/pci/vfio_pci.c`. The names of drivers
 * are those below `/sys/bus/pci/drivers`, not those of modules (`c6xx` is in the module `qat_c62x`).
 */
export const builtInFamilies: readonly QatDeviceFamily[] = [
  family('dh895xcc', 2, ['0435', '0443', '0442'], { driver: 'dh895xcc', denylisted: true }),
  family('c62x', 2, ['37c8', '37c9'], { driver: 'c6xx', denylisted: true }),
  family('c3xxx', 2, ['19e2', '19e3'], { driver: 'c3xxx', denylisted: true }),
  family('d15xx', 2, ['6f54', '6f55'], { driver: 'd15xx' }),
  family('200xx', 2, ['18ee', '18ef'], { driver: '200xx' }),
  family('c4xxx', 3, ['18a0', '18a1'], { driver: 'c4xxx' }),
  family('4xxx', 4, ['4940', '4941'], { driver: '4xxx', maxServices: 2 }),
  family('401xx', 4, ['4942', '4943'], { driver: '4xxx', virtualFunctionDrivers: ['4xxxvf'], maxServices: 2 }),
  family('402xx', 4, ['4944', '4945'], { driver: '4xxx', virtualFunctionDrivers: ['4xxxvf'], maxServices: 2 }),
  family('420xx', 4, ['4946', '4947'], { driver: '420xx', maxServices: 2 }),
  family('6xxx', 6, ['4948', '4949'], { driver: '6xxx', maxServices: 3 }),
];

/** The built-in families and those of the configuration; one of the same name replaces a built-in one. */
export function knownFamilies(extraDevices: readonly QatDeviceFamily[]): readonly QatDeviceFamily[] {
  const replaced = new Set(extraDevices.map((extra) => extra.family));
  return [...extraDevices, ...builtInFamilies.filter((known) => !replaced.has(known.family))];
}

/** What a function is in a family. */
export type QatRole = 'physical' | 'virtual';

/**
 * Which family a function belongs to, and as what. Where a family has one id for both, a function that can make virtual
 * ones is physical, and one that belongs to a physical one (or can make none: nested machines) is virtual.
 */
export function familyOf(
  device: { readonly vendorDevice: string; readonly physicalFunction?: string; readonly sriov?: object },
  families: readonly QatDeviceFamily[],
): { family: QatDeviceFamily; role: QatRole } | undefined {
  for (const known of families) {
    const isPhysical = device.vendorDevice === known.physicalFunction;
    const isVirtual = known.virtualFunctions.includes(device.vendorDevice);
    if (isPhysical && isVirtual) {
      const role = device.physicalFunction === undefined && device.sriov !== undefined ? 'physical' : 'virtual';
      return { family: known, role };
    }
    if (isPhysical) return { family: known, role: 'physical' };
    if (isVirtual) return { family: known, role: 'virtual' };
  }
  return undefined;
}
