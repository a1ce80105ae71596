import { invalid, type Cause } from '../cause.ts';
import type { SpecRule } from './rule.ts';

/** Names of disks are unique, each disk has one target at most, and each has a volume of its name. */
export const diskRules: SpecRule = ({ domain, volumes = [] }, path) => {
  const disks = domain.devices.disks ?? [];
  const disksPath = `${path}.domain.devices.disks`;
  const volumeNames = new Set(volumes.map(({ name }) => name));
  return disks.flatMap((disk, index): Cause[] => {
    const at = `${disksPath}[${index}]`;
    const causes: Cause[] = [];
    const twin = disks.findIndex(({ name }) => name === disk.name);
    if (twin !== index) {
      causes.push(invalid(at, `${disksPath}[${twin}] and ${at} must not have the same Name.`));
    }
    if ([disk.disk, disk.cdrom, disk.lun].filter(Boolean).length > 1) {
      causes.push(invalid(at, `${at} can only have a single target type defined`));
    }
    // A CD-ROM drive may be empty.
    if (!volumeNames.has(disk.name) && !disk.cdrom) {
      causes.push(invalid(`${at}.name`, `${at}.name '${disk.name}' not found.`));
    }
    return causes;
  });
};
