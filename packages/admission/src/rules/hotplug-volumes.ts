import type { Disk, VirtualMachineInstanceSpec, Volume } from '@quickvirt/api';
import { featureGateEnabled } from '@quickvirt/config';
import { duplicate, invalid, quoted, required, type Cause } from '../cause.ts';
import { isDeepEqual } from '../deep-equal.ts';
import { diskRules } from './disks.ts';
import type { RuleContext } from './rule.ts';

/** Buses that take a disk while the guest runs. */
const hotplugBuses = ['scsi', 'virtio'];

/** What may change of a running guest's volumes and disks: those that are plugged in come and go, the others stay. */
export function hotplugVolumeRules(
  spec: VirtualMachineInstanceSpec,
  old: VirtualMachineInstanceSpec,
  context: RuleContext,
): Cause[] {
  const volumes = byName(spec.volumes ?? []);
  const before = byName(old.volumes ?? []);
  const disks = byName(spec.domain.devices.disks ?? []);
  const disksBefore = byName(old.domain.devices.disks ?? []);
  const causes: Cause[] = [];
  const refuse = (message: string): void => void causes.push(invalid('', message));
  for (const [name, volume] of before) {
    if (!isHotplug(volume) && !volumes.has(name))
      refuse(`permanent volume ${name} is gone; it stays as long as the guest runs`);
  }
  for (const [name, volume] of volumes) {
    const was = before.get(name);
    const disk = disks.get(name);
    if (!was && !isHotplug(volume)) refuse(`Number of permanent volumes has changed: ${name} is no volume to plug in`);
    if (was && !isDeepEqual(was, volume) && !isMediumOf(disk)) {
      refuse(`${isHotplug(was) ? 'volume' : 'permanent volume'} ${name}, changed; remove it and add another`);
    }
    if (isHotplug(volume) && !volume.memoryDump && !disk) refuse(`volume ${name} doesn't have a matching disk`);
  }
  (spec.domain.devices.disks ?? []).forEach((disk, index) => {
    const was = disksBefore.get(disk.name);
    if (was && !isDeepEqual(was, disk)) refuse(`disk ${disk.name} of a running guest cannot change`);
    if (!was && !volumes.has(disk.name) && !disk.cdrom) refuse(`disk ${disk.name} has no volume to show`);
    if (!was && volumes.has(disk.name)) causes.push(...newDiskRules(disk, index, context));
  });
  for (const name of disksBefore.keys()) {
    if (!disks.has(name) && volumes.has(name)) refuse(`disk ${name} does not exist any more, and its volume does`);
  }
  return causes;
}

function newDiskRules(disk: Disk, index: number, context: RuleContext): Cause[] {
  const alone = { domain: { devices: { disks: [disk] } } };
  const causes = diskRules(alone, 'spec', context).map((cause) => ({
    ...cause,
    field: cause.field.replace('disks[0]', `disks[${index}]`),
  }));
  const bus = disk.lun?.bus ?? disk.disk?.bus;
  const fits = disk.lun ? bus === 'scsi' : disk.disk !== undefined && hotplugBuses.includes(bus ?? '');
  if (!fits) {
    const allowed = disk.lun ? 'a LUN on bus scsi' : `a disk on bus ${hotplugBuses.join(' or ')}`;
    causes.push(invalid('', `disk ${disk.name} cannot be plugged in: make it ${allowed}`));
  }
  return causes;
}

/** Volumes that QuickVirt itself plugs in for a while, for backups and the like. */
export function utilityVolumeRules(
  { utilityVolumes, volumes }: VirtualMachineInstanceSpec,
  { config }: RuleContext,
): Cause[] {
  if (!utilityVolumes?.length) return [];
  const field = 'spec.utilityVolumes';
  if (!featureGateEnabled(config, 'UtilityVolumes')) {
    return [invalid(field, 'utility volumes need the feature gate UtilityVolumes in the KubeVirt object')];
  }
  const names = new Set((volumes ?? []).map(({ name }) => name));
  return utilityVolumes.flatMap(({ name, claimName }, index) => {
    const causes: Cause[] = [];
    const at = `${field}[${index}]`;
    if (!name) causes.push(required(`${at}.name`, 'a utility volume needs a name'));
    if (!claimName) causes.push(required(`${at}.claimName`, 'a utility volume needs the name of its claim'));
    if (names.has(name)) causes.push(duplicate(`${at}.name`, `there is another volume ${quoted(name)}`));
    names.add(name);
    return causes;
  });
}

function isHotplug({ persistentVolumeClaim, dataVolume, memoryDump }: Volume): boolean {
  return Boolean(persistentVolumeClaim?.hotpluggable ?? dataVolume?.hotpluggable ?? memoryDump);
}

/** What is in a drive may be exchanged. */
function isMediumOf(disk: Disk | undefined): boolean {
  return disk?.cdrom !== undefined;
}

function byName<T extends { name: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.name, item]));
}
