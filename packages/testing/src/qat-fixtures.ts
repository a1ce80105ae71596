import { readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FakeSysfs } from './fake-sysfs.ts';

/** A C62x card: three physical functions of 16, behind root ports, on two NUMA nodes. No `qat/` directory. */
export async function addC62x(fake: FakeSysfs): Promise<void> {
  const cards = [
    { address: '0000:3d:00.0', parents: ['pci0000:3c', '0000:3c:00.0'], numaNode: 0, group: 30, vfGroup: 50 },
    { address: '0000:3f:00.0', parents: ['pci0000:3e', '0000:3e:00.0'], numaNode: 0, group: 31, vfGroup: 70 },
    { address: '0000:da:00.0', parents: ['pci0000:d9', '0000:d9:00.0'], numaNode: 1, group: 32, vfGroup: 90 },
  ];
  for (const card of cards) {
    await fake.addPhysicalFunction({
      ...card,
      id: '8086:37c8',
      driver: 'c6xx',
      totalVfs: 16,
      offset: 8,
      stride: 1,
      vfId: '8086:37c9',
      vfDriver: 'c6xxvf',
    });
  }
}

/** Two 4xxx on the processor, one crypto and one compression, as the driver configures them by default. */
export async function add4xxx(fake: FakeSysfs): Promise<void> {
  const cards = [
    { address: '0000:6b:00.0', parents: ['pci0000:6b'], numaNode: 0, group: 40, vfGroup: 110, services: 'sym;asym' },
    { address: '0000:e8:00.0', parents: ['pci0000:e8'], numaNode: 1, group: 41, vfGroup: 130, services: 'dc' },
  ];
  for (const card of cards) {
    await fake.addPhysicalFunction({
      ...card,
      id: '8086:4940',
      revision: '0x40',
      driver: '4xxx',
      totalVfs: 16,
      offset: 1,
      stride: 1,
      vfId: '8086:4941',
      vfDriver: '4xxxvf',
    });
  }
}

/** The stand-in of the nested machine: NVMe, whose physical and virtual functions have one id. */
export async function addStandIn(fake: FakeSysfs): Promise<void> {
  const cards = [
    {
      address: '0000:3d:00.0',
      parents: ['pci0000:3c', '0000:3c:00.0'],
      numaNode: 0,
      group: 3,
      vfGroup: 10,
      totalVfs: 32,
    },
    {
      address: '0000:b1:00.0',
      parents: ['pci0000:b0', '0000:b0:00.0'],
      numaNode: 1,
      group: 4,
      vfGroup: 50,
      totalVfs: 16,
    },
  ];
  for (const card of cards) {
    await fake.addPhysicalFunction({
      ...card,
      id: '8086:5845',
      class: '010802',
      driver: 'nvme',
      offset: 1,
      stride: 1,
      vfId: '8086:5845',
      vfDriver: 'nvme',
      allOrNone: false,
    });
  }
}

/** Brings cards to where virt-handler leaves them: all functions made and bound to vfio-pci. */
export async function provision(fake: FakeSysfs, cards: readonly string[], virtualFunctions = 16): Promise<void> {
  const at = (path: string) => join(fake.root, path);
  for (const card of cards) {
    await fake.write(at(`bus/pci/devices/${card}/sriov_drivers_autoprobe`), '0');
    await fake.write(at(`bus/pci/devices/${card}/sriov_numvfs`), String(virtualFunctions));
    for (let index = 0; index < virtualFunctions; index += 1) {
      const address = basename(await readlink(at(`bus/pci/devices/${card}/virtfn${index}`)));
      await fake.write(at(`bus/pci/devices/${address}/driver_override`), 'vfio-pci');
      await fake.write(at('bus/pci/drivers_probe'), address);
    }
  }
}
