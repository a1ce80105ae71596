import type { Disk, DiskBus, VirtualMachineInstanceSpec, Volume } from '@quickvirt/api';

/** The spec with a disk for each volume that neither a disk nor a filesystem names. */
export function withDisksOfVolumes(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  const { disks = [], filesystems = [] } = spec.domain.devices;
  const used = new Set([...disks, ...filesystems].map(({ name }) => name));
  const missing = (spec.volumes ?? []).filter((volume) => !used.has(volume.name) && volume.memoryDump === undefined);
  if (missing.length === 0) return spec;
  return withDisks(spec, [...disks, ...missing.map(({ name }): Disk => ({ name }))]);
}

/** The spec with a target and a bus for each disk; a CD-ROM is read-only with its tray closed. */
export function withDiskTargets(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  const { disks } = spec.domain.devices;
  if (!disks?.length) return spec;
  const bus: DiskBus = spec.architecture === 'amd64' ? 'sata' : 'virtio';
  return withDisks(
    spec,
    disks.map((disk): Disk => {
      if (disk.cdrom) return { ...disk, cdrom: { readonly: true, tray: 'closed', bus, ...disk.cdrom } };
      if (disk.lun) return { ...disk, lun: { bus, ...disk.lun } };
      return { ...disk, disk: { bus, ...disk.disk } };
    }),
  );
}

/** The spec with a pull policy for each containerDisk, as kubelet chooses it for containers. */
export function withContainerDiskPullPolicy(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  if (!spec.volumes?.some(lacksPullPolicy)) return spec;
  return {
    ...spec,
    volumes: spec.volumes.map((volume) =>
      volume.containerDisk && lacksPullPolicy(volume)
        ? {
            ...volume,
            containerDisk: {
              ...volume.containerDisk,
              imagePullPolicy: isMovingTag(volume.containerDisk.image) ? 'Always' : 'IfNotPresent',
            },
          }
        : volume,
    ),
  };
}

function lacksPullPolicy({ containerDisk }: Volume): boolean {
  return containerDisk !== undefined && !containerDisk.imagePullPolicy;
}

/** Whether an image reference has the tag `latest`, or neither tag nor digest, which means the same. */
function isMovingTag(image: string): boolean {
  if (image.includes('@')) return false;
  const lastPart = image.slice(image.lastIndexOf('/') + 1);
  const colon = lastPart.indexOf(':');
  return colon < 0 || lastPart.slice(colon + 1) === 'latest';
}

function withDisks(spec: VirtualMachineInstanceSpec, disks: Disk[]): VirtualMachineInstanceSpec {
  return { ...spec, domain: { ...spec.domain, devices: { ...spec.domain.devices, disks } } };
}
