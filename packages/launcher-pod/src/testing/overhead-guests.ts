import type { Devices, DomainSpec, VirtualMachineInstance } from '@quickvirt/api';
import { aConfig, aVmi } from './samples.ts';

/** A guest whose overhead is measured, and compared with the model. */
export interface OverheadGuest {
  name: string;
  vmi: VirtualMachineInstance;
}

/** RAM of each of them. */
export const overheadGuestMiB = 256;

/** The cluster in which they are measured: software emulation, which every machine has. */
export const overheadConfig = aConfig({ developerConfiguration: { useEmulation: true } });

const virtio = (name: string) => ({ name, disk: { bus: 'virtio' as const } });

const guest = (
  name: string,
  cores: number,
  { devices = {}, domain = {} }: { devices?: Devices; domain?: Partial<DomainSpec> } = {},
): OverheadGuest => {
  const disks = [{ ...virtio('root'), bootOrder: 1 }, virtio('seed'), ...(devices.disks ?? [])];
  const emptyDisks = (devices.disks ?? []).map((disk) => ({ name: disk.name, emptyDisk: { capacity: '64Mi' } }));
  return {
    name,
    vmi: aVmi(
      {
        domain: {
          cpu: { cores, sockets: 1, threads: 1, model: 'qemu64' },
          memory: { guest: `${overheadGuestMiB}Mi` },
          firmware: { uuid: '0f0e0d0c-0b0a-4908-8706-050403020100' },
          ...domain,
          devices: { ...devices, disks },
        },
        spec: {
          volumes: [
            { name: 'root', containerDisk: { image: 'guest' } },
            { name: 'seed', cloudInitNoCloud: { userData: '#!/bin/sh' } },
            ...emptyDisks,
          ],
        },
      },
      'overhead',
    ),
  };
};

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const disks = names('disk', 8).map(virtio);

/** vCPUs from 1 to 16 with the devices that every guest has, and two vCPUs with sets of further devices. */
export const overheadGuests: OverheadGuest[] = [
  ...[1, 2, 4, 8, 16].map((cores) => guest(`${cores} vCPUs`, cores)),
  guest('no graphics', 2, { devices: { autoattachGraphicsDevice: false } }),
  guest('8 disks', 2, { devices: { disks } }),
  guest('8 disks, I/O threads', 2, { devices: { disks, blockMultiQueue: true }, domain: { ioThreadsPolicy: 'auto' } }),
  guest('4 NICs, multi-queue', 4, {
    devices: {
      interfaces: names('nic', 4).map((name) => ({ name, bridge: {} })),
      networkInterfaceMultiqueue: true,
    },
  }),
  guest('small devices', 2, {
    devices: {
      rng: {},
      sound: { name: 'sound', model: 'ich9' },
      watchdog: { name: 'watchdog', i6300esb: { action: 'reset' } },
      inputs: [{ name: 'tablet', type: 'tablet', bus: 'usb' }],
      panicDevices: [{ model: 'isa' }],
      video: { type: 'virtio' },
    },
  }),
  guest('UEFI', 2, {
    domain: { firmware: { uuid: '0f0e0d0c-0b0a-4908-8706-050403020100', bootloader: { efi: { secureBoot: false } } } },
  }),
  guest('virtiofs', 2, { devices: { filesystems: [{ name: 'shared', virtiofs: {} }] } }),
];
