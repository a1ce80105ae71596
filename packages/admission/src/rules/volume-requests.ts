import type { VirtualMachine, VirtualMachineVolumeRequest, Volume } from '@quickvirt/api';
import { invalid, quoted, type Cause } from '../cause.ts';
import { isDeepEqual } from '../deep-equal.ts';

/** KubeVirt's spelling of the path. */
const field = 'Status.volumeRequests';

/** Requests to add and remove volumes that a VM's status carries: one wish each, and none against another. */
export function volumeRequestRules({ spec, status }: VirtualMachine): Cause[] {
  const volumes = new Map((spec.template?.spec?.volumes ?? []).map((volume) => [volume.name, volume]));
  const seen = new Map<string, VirtualMachineVolumeRequest>();
  return (status?.volumeRequests ?? []).flatMap((request) => {
    const { addVolumeOptions, removeVolumeOptions } = request;
    if (Boolean(addVolumeOptions) === Boolean(removeVolumeOptions)) {
      const what = addVolumeOptions ? 'both' : 'neither';
      return [invalid(field, `a volume request adds or removes a volume; this one has ${what}`)];
    }
    const name = addVolumeOptions?.name ?? removeVolumeOptions?.name ?? '';
    const causes = addVolumeOptions ? additionRules(addVolumeOptions, volumes.get(name)) : [];
    if (seen.has(name) && !isDeepEqual(seen.get(name), request)) {
      causes.push(invalid(field, `there is another request for volume ${quoted(name)}; wait until it is done`));
    }
    seen.set(name, request);
    return causes;
  });
}

function additionRules(
  { name, disk, volumeSource }: NonNullable<VirtualMachineVolumeRequest['addVolumeOptions']>,
  present: Volume | undefined,
): Cause[] {
  const causes: Cause[] = [];
  if (!name) causes.push(invalid(field, 'the volume to add needs a name'));
  if (!disk || !volumeSource)
    return [...causes, invalid(field, `volume ${quoted(name)} needs a disk and a volumeSource`)];
  if (present && !isSameSource(present, volumeSource)) {
    const message = `the VM has a volume ${quoted(name)} of another source; choose another name`;
    causes.push(invalid(field, message));
  }
  return causes;
}

function isSameSource(volume: Volume, source: object): boolean {
  return isDeepEqual(volume, { name: volume.name, ...source });
}
