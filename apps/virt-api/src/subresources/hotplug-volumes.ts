import {
  virtualMachineInstances,
  virtualMachines,
  type AddVolumeOptions,
  type Disk,
  type RemoveVolumeOptions,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineInstanceSpec,
  type VirtualMachineVolumeRequest,
  type Volume,
} from '@quickvirt/api';
import { featureGateEnabled, type ClusterConfig } from '@quickvirt/config';
import { controllerOf, type JsonPatchOperation } from '@quickvirt/kube';
import { badRequest, conflict, type FailureStatus } from '../status.ts';
import { refuse, type Answer } from './answer.ts';
import { patchOf } from './patch-write.ts';
import { conflictOnVmi, isRunning } from './vmi-conditions.ts';

/** A change of the volumes of a VM or VMI. */
export type VolumeChange = { add: AddVolumeOptions } | { remove: RemoveVolumeOptions };

/** What is wrong with the body of `addvolume`; undefined when nothing is. */
export function addVolumeProblem({ name, disk, volumeSource }: Partial<AddVolumeOptions>): FailureStatus | undefined {
  if (!name) return badRequest('AddVolumeOptions requires name to be set');
  if (!disk) return badRequest('AddVolumeOptions requires disk to not be nil');
  if (!volumeSource) return badRequest('AddVolumeOptions requires VolumeSource to not be nil');
  return undefined;
}

/** What is wrong with the body of `removevolume`; undefined when nothing is. */
export function removeVolumeProblem({ name }: Partial<RemoveVolumeOptions>): FailureStatus | undefined {
  return name ? undefined : badRequest('RemoveVolumeOptions requires name to be set');
}

/**
 * Changes the volumes of a VM: its template, from where they reach the running guest too. With the older feature gate
 * the change is a request in the status instead.
 */
export function decideVmVolume(vm: VirtualMachine, change: VolumeChange, config: ClusterConfig): Answer {
  const gateProblem = hotplugProblem(config);
  if (gateProblem) return refuse(gateProblem);
  const subject = { resource: virtualMachines, name: vm.metadata.name ?? '' };
  const spec = vm.spec.template.spec;
  const problem = spec && changeProblem(spec, change);
  if (problem) return refuse(conflict(subject, problem));
  const options = 'add' in change ? change.add : change.remove;
  if (isLegacy(config)) {
    const request: VirtualMachineVolumeRequest =
      'add' in change ? { addVolumeOptions: change.add } : { removeVolumeOptions: change.remove };
    const value = [...(vm.status?.volumeRequests ?? []), request];
    const operation: JsonPatchOperation = vm.status
      ? { op: 'add', path: '/status/volumeRequests', value }
      : { op: 'add', path: '/status', value: { volumeRequests: value } };
    return accepted(patchOf(virtualMachines, vm, [operation], options, 'status'));
  }
  const operations = spec ? changeOperations('/spec/template/spec', spec, change) : [];
  return accepted(patchOf(virtualMachines, vm, operations, options));
}

/** Changes the volumes of a VMI that runs and belongs to no VM. */
export function decideVmiVolume(vmi: VirtualMachineInstance, change: VolumeChange, config: ClusterConfig): Answer {
  const gateProblem = hotplugProblem(config);
  if (gateProblem) return refuse(gateProblem);
  const { namespace, name } = vmi.metadata;
  if (controllerOf(vmi)?.kind === virtualMachines.kind && !isLegacy(config)) {
    return refuse(badRequest(`VMI ${namespace}/${name} is owned by a VM`));
  }
  if (!isRunning(vmi)) return refuse(conflictOnVmi(vmi, 'VMI is not running'));
  const problem = changeProblem(vmi.spec, change);
  if (problem) return refuse(conflictOnVmi(vmi, problem));
  const options = 'add' in change ? change.add : change.remove;
  return accepted(patchOf(virtualMachineInstances, vmi, changeOperations('/spec', vmi.spec, change), options));
}

function accepted(write: ReturnType<typeof patchOf>): Answer {
  return { type: 'writes', code: 202, writes: [write] };
}

function hotplugProblem(config: ClusterConfig): FailureStatus | undefined {
  return featureGateEnabled(config, 'DeclarativeHotplugVolumes') || featureGateEnabled(config, 'HotplugVolumes')
    ? undefined
    : badRequest('Enable DeclarativeHotplugVolumes or HotplugVolumes feature gate to use this API.');
}

/** The older gate, where it is on, decides how VMs are changed. */
function isLegacy(config: ClusterConfig): boolean {
  return featureGateEnabled(config, 'HotplugVolumes');
}

function changeProblem({ volumes = [] }: VirtualMachineInstanceSpec, change: VolumeChange): string | undefined {
  if ('remove' in change) {
    const { name } = change.remove;
    const volume = volumes.find((candidate) => candidate.name === name);
    if (!volume) return `Unable to remove volume [${name}] because it does not exist`;
    return isHotpluggable(volume) ? undefined : `Unable to remove volume [${name}] because it is not hotpluggable`;
  }
  const { name } = change.add;
  const source = sourceNameOf(change.add.volumeSource);
  if (volumes.some((volume) => volume.name === name)) {
    return `Unable to add volume [${name}] because volume with that name already exists`;
  }
  if (source !== undefined && volumes.some((volume) => sourceNameOf(volume) === source)) {
    return `Unable to add volume source [${source}] because it already exists`;
  }
  return undefined;
}

function isHotpluggable({ persistentVolumeClaim, dataVolume }: Volume): boolean {
  return (persistentVolumeClaim?.hotpluggable ?? dataVolume?.hotpluggable) === true;
}

/** A DataVolume and its claim have the same name. */
function sourceNameOf({
  persistentVolumeClaim,
  dataVolume,
}: Pick<Volume, 'persistentVolumeClaim' | 'dataVolume'>): string | undefined {
  return persistentVolumeClaim?.claimName ?? dataVolume?.name;
}

function changeOperations(path: string, spec: VirtualMachineInstanceSpec, change: VolumeChange): JsonPatchOperation[] {
  const { volumes = [], domain } = spec;
  const { disks = [] } = domain.devices;
  const changed = 'add' in change ? added(volumes, disks, change.add) : removed(volumes, disks, change.remove.name);
  return [
    { op: 'add', path: `${path}/volumes`, value: changed.volumes },
    { op: 'add', path: `${path}/domain/devices/disks`, value: changed.disks },
  ];
}

function added(volumes: readonly Volume[], disks: readonly Disk[], { name, disk, volumeSource }: AddVolumeOptions) {
  const { persistentVolumeClaim, dataVolume } = volumeSource;
  const volume: Volume = {
    name,
    ...(persistentVolumeClaim && { persistentVolumeClaim: { ...persistentVolumeClaim, hotpluggable: true } }),
    ...(dataVolume && { dataVolume: { ...dataVolume, hotpluggable: true } }),
  };
  return { volumes: [...volumes, volume], disks: [...disks, { ...disk, name }] };
}

function removed(volumes: readonly Volume[], disks: readonly Disk[], name: string) {
  return {
    volumes: volumes.filter((volume) => volume.name !== name),
    disks: disks.filter((disk) => disk.name !== name),
  };
}
