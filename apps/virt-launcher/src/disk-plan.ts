import { tryParseQuantity, wholeUnits, type VirtualMachineInstance, type Volume } from '@quickvirt/api';
import { cloudInitSource } from './cloud-init.ts';
import { FieldError } from './field-error.ts';

/** One file to be there before the guest starts. `field` is the volume's path in the VMI, for errors. */
export type DiskStep =
  | {
      kind: 'overlay';
      field: string;
      volumeName: string;
      /** The image's file within its volume; unset: the one file in `disk/`. */
      imagePath: string | undefined;
    }
  | { kind: 'emptyDisk'; field: string; volumeName: string; capacityBytes: bigint }
  | { kind: 'seed'; field: string; volumeName: string; volume: Volume };

/** Volume names become file names: an RFC 1123 label, as the API demands. */
const VOLUME_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * What has to be made for the disks of a VMI, in the order of its volumes; volumes that no disk names are left out.
 * @throws FieldError for a volume of a kind that this launcher cannot serve.
 */
export function planDisks({ spec }: VirtualMachineInstance): DiskStep[] {
  const used = new Set((spec.domain.devices.disks ?? []).map(({ name }) => name));
  return (spec.volumes ?? []).flatMap((volume, index) =>
    used.has(volume.name) ? [planVolume(volume, `spec.volumes[${index}]`)] : [],
  );
}

function planVolume(volume: Volume, field: string): DiskStep {
  const { name: volumeName } = volume;
  if (!VOLUME_NAME.test(volumeName))
    throw new FieldError(`${field}.name`, `${JSON.stringify(volumeName)} is no DNS label`);
  if (volume.containerDisk) {
    return { kind: 'overlay', field: `${field}.containerDisk`, volumeName, imagePath: volume.containerDisk.path };
  }
  if (volume.emptyDisk) {
    const capacity = tryParseQuantity(volume.emptyDisk.capacity);
    const capacityBytes = capacity && wholeUnits(capacity);
    if (capacityBytes === undefined || capacityBytes <= 0n) {
      throw new FieldError(`${field}.emptyDisk.capacity`, 'must be an amount of bytes above zero, for example 1Gi');
    }
    return { kind: 'emptyDisk', field: `${field}.emptyDisk`, volumeName, capacityBytes };
  }
  if (cloudInitSource(volume)) {
    const source = volume.cloudInitNoCloud ? 'cloudInitNoCloud' : 'cloudInitConfigDrive';
    return { kind: 'seed', field: `${field}.${source}`, volumeName, volume };
  }
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'source';
  throw new FieldError(`${field}.${kind}`, 'this launcher cannot serve volumes of this kind');
}
