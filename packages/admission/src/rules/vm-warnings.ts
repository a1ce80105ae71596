import {
  wholeUnits,
  tryParseQuantity,
  type Disk,
  type VirtualMachine,
  type VirtualMachineInstanceSpec,
} from '@quickvirt/api';

/** Below this no installer of a general-purpose system runs; tiny test images do. In bytes. */
const unwiseGuestBytes = 64n * 1024n * 1024n;

/** What is allowed and yet hardly meant, in words. */
export function vmWarnings({ spec }: VirtualMachine): string[] {
  return spec.template?.spec ? specWarnings(spec.template.spec, 'spec.template.spec') : [];
}

/** The same for the spec of an instance, at `path`. */
export function specWarnings(spec: VirtualMachineInstanceSpec, path: string): string[] {
  const warnings: string[] = [];
  const guest = spec.domain?.memory?.guest;
  const bytes = guest === undefined ? undefined : tryParseQuantity(guest);
  if (bytes && wholeUnits(bytes) < unwiseGuestBytes) {
    warnings.push(`${path}.domain.memory.guest: ${guest} is less than any general-purpose system starts in (64Mi)`);
  }
  const disks = spec.domain?.devices?.disks ?? [];
  if (disks.length > 0 && disks.every(isSeedOnly(spec))) {
    warnings.push(`${path}.domain.devices.disks: no disk that a guest could start from; only cloud-init data is there`);
  }
  return warnings;
}

function isSeedOnly({ volumes }: VirtualMachineInstanceSpec): (disk: Disk) => boolean {
  const seeds = new Set(
    (volumes ?? [])
      .filter(
        ({ cloudInitNoCloud, cloudInitConfigDrive, sysprep }) => cloudInitNoCloud ?? cloudInitConfigDrive ?? sysprep,
      )
      .map(({ name }) => name),
  );
  return ({ name }) => seeds.has(name);
}
