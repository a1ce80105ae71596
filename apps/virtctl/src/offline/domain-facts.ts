import { annotations, type VirtualMachineInstance, type Volume } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import {
  efiImages,
  type DiskVolumeFacts,
  type DomainFacts,
  type HostDeviceFacts,
  type HostNumaCell,
  type TapFacts,
  type VolumeFacts,
} from '@quickvirt/domain-xml';
import {
  configPath,
  devicePath,
  DISKS_DIRECTORY,
  KERNEL_BOOT_DIRECTORY,
  podInterfaceName,
  RUN_DIRECTORY,
  tapName,
  VIRTIOFS_DIRECTORY,
  volumePath,
  type RenderOptions,
} from '@quickvirt/launcher-pod';

/** libvirt 9.0, that of the launcher's image (Debian 12). */
const LIBVIRT_VERSION = 9_000_000;
/** CPUs of each of the two NUMA cells of the node that is assumed. */
const CELL_CPUS = 16;
/** RFC 5737 has no MAC addresses; this one is of the locally administered range. */
const MAC_PREFIX = '02:00:00:00:00';
const MTU = 1500;

/**
 * What a launcher would find out in its pod and on its node, as far as it can be told without them: files lie where
 * the launcher puts them and take O_DIRECT, claims hold raw images, devices get stand-in addresses in order, and the
 * node has two NUMA cells of 16 CPUs, of which a guest with dedicated CPUs gets 2 and the following.
 */
export function defaultDomainFacts(
  vmi: VirtualMachineInstance,
  config: ClusterConfig,
  claims: RenderOptions['claims'],
): DomainFacts {
  const { domain, volumes = [] } = vmi.spec;
  const { kernelPath, initrdPath } = domain.firmware?.kernelBoot?.container ?? {};
  return {
    runDirectory: RUN_DIRECTORY,
    libvirtVersion: LIBVIRT_VERSION,
    volumes: Object.fromEntries(volumes.map((volume) => [volume.name, volumeFacts(volume, claims)])),
    taps: tapsOf(vmi),
    hostDevices: hostDevicesOf(vmi, config),
    cpuSet: Array.from({ length: 2 * CELL_CPUS - 2 }, (_, index) => index + 2).slice(0, cpusOf(vmi)),
    numaCells: [numaCell(0), numaCell(1)],
    efi: efiImages(vmi.spec.architecture),
    kernelBoot: {
      ...(kernelPath && { kernelPath: `${KERNEL_BOOT_DIRECTORY}${kernelPath}` }),
      ...(initrdPath && { initrdPath: `${KERNEL_BOOT_DIRECTORY}${initrdPath}` }),
    },
    acpiTables: Object.fromEntries(
      volumes.flatMap(({ name, secret }) => (secret ? [[name, `${configPath(name)}/table`]] : [])),
    ),
    ...(vmi.metadata.annotations?.[annotations.ignitionData] !== undefined && {
      ignitionPath: `${RUN_DIRECTORY}/data.ign`,
    }),
    virtiofsSockets: Object.fromEntries(
      (domain.devices.filesystems ?? []).map(({ name }) => [name, `${VIRTIOFS_DIRECTORY}/${name}.sock`]),
    ),
  };
}

function volumeFacts(volume: Volume, claims: RenderOptions['claims']): VolumeFacts {
  const { name, containerDisk, emptyDisk, ephemeral, persistentVolumeClaim, dataVolume, hostDisk, memoryDump } = volume;
  const claim = persistentVolumeClaim ?? dataVolume;
  if (claim?.hotpluggable || memoryDump) return { kind: 'unplugged' };
  const file = (path: string, format: 'raw' | 'qcow2'): DiskVolumeFacts => {
    return { kind: 'file', path, format, directIo: true, diesWithPod: true };
  };
  const overlay = `${DISKS_DIRECTORY}/${name}.qcow2`;
  const image = `${volumePath(name)}/disk.img`;
  if (containerDisk) {
    const path = `${volumePath(name)}/${containerDisk.path?.replace(/^\//, '') ?? 'disk/disk.qcow2'}`;
    return { ...file(overlay, 'qcow2'), backing: { path, format: 'qcow2', kind: 'file' } };
  }
  if (ephemeral) return { ...file(overlay, 'qcow2'), backing: { path: image, format: 'raw', kind: 'file' } };
  if (emptyDisk) return file(overlay, 'qcow2');
  if (claim) {
    const claimName = persistentVolumeClaim?.claimName ?? dataVolume?.name ?? '';
    const isBlock = claims?.[claimName]?.spec?.volumeMode === 'Block';
    const place = isBlock ? ({ kind: 'block', path: devicePath(name) } as const) : { path: image };
    return { ...file(image, 'raw'), ...place, diesWithPod: false };
  }
  if (hostDisk) {
    return { ...file(`${volumePath(name)}/${hostDisk.path.split('/').at(-1)}`, 'raw'), diesWithPod: false };
  }
  return file(`${DISKS_DIRECTORY}/${name}.iso`, 'raw');
}

function tapsOf({ spec }: VirtualMachineInstance): Record<string, TapFacts> {
  const taps = (spec.networks ?? []).map(({ name, multus }, index): [string, TapFacts] => {
    const isFirst = multus === undefined || multus.default === true;
    return [
      name,
      {
        deviceName: isFirst ? 'tap0' : tapName(name),
        macAddress: `${MAC_PREFIX}:${hexByte(index + 1)}`,
        mtu: MTU,
        podInterfaceName: isFirst ? 'eth0' : podInterfaceName(name),
      },
    ];
  });
  return Object.fromEntries(taps);
}

const hexByte = (value: number): string => (value & 0xff).toString(16).padStart(2, '0');

/** In the order of the VMI: PCI functions from 0000:81:00.0 on, mediated devices and USB devices by number. */
function hostDevicesOf({ spec }: VirtualMachineInstance, config: ClusterConfig): Record<string, HostDeviceFacts> {
  const { gpus = [], hostDevices = [], interfaces = [] } = spec.domain.devices;
  const { mediatedDevices, usb } = config.permittedHostDevices;
  const names = (devices: readonly { resourceName?: string }[]) => devices.map(({ resourceName }) => resourceName);
  const given = [...gpus, ...hostDevices].map(({ name, deviceName }, index): [string, HostDeviceFacts] => {
    if (names(mediatedDevices).includes(deviceName)) {
      return [name, { kind: 'mdev', uuid: `00000000-0000-4000-8000-0000000000${hexByte(index)}` }];
    }
    if (names(usb).includes(deviceName)) return [name, { kind: 'usb', bus: 1, device: index + 1 }];
    return [name, { kind: 'pci', address: `0000:${hexByte(0x81 + (index >> 3))}:00.${index & 7}` }];
  });
  const functions = interfaces
    .filter(({ sriov }) => sriov !== undefined)
    .map(({ name }, index): [string, HostDeviceFacts] => [
      name,
      { kind: 'pci', address: `0000:05:${hexByte(2 + (index >> 3))}.${index & 7}` },
    ]);
  return Object.fromEntries([...given, ...functions]);
}

/** A guest's CPUs, one more where the emulator has its own. */
function cpusOf({ spec }: VirtualMachineInstance): number {
  const { sockets, cores, threads, isolateEmulatorThread } = spec.domain.cpu ?? {};
  return (sockets || 1) * (cores || 1) * (threads || 1) + (isolateEmulatorThread ? 1 : 0);
}

function numaCell(id: number): HostNumaCell {
  return {
    id,
    cpus: Array.from({ length: CELL_CPUS }, (_, index) => id * CELL_CPUS + index),
    // ACPI's SLIT: 10 is a cell's distance to itself.
    distances: [
      { cell: id, value: 10 },
      { cell: 1 - id, value: 21 },
    ],
  };
}
