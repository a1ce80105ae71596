import type { VirtualMachineInstanceTemplateSpec, VirtualMachineInstancetypeSpec } from '@quickvirt/api';

/** What every instance type says, as paths below the template's spec. */
const sizes = [
  'domain.cpu.sockets',
  'domain.cpu.cores',
  'domain.cpu.threads',
  'domain.resources.requests.cpu',
  'domain.resources.limits.cpu',
  'domain.memory.guest',
  'domain.memory.hugepages',
  'domain.resources.requests.memory',
  'domain.resources.limits.memory',
];

/** What an instance type may say: the path below the template's spec, and the one below the instance type's. */
const options: readonly (readonly [string, string])[] = [
  ['domain.cpu.maxSockets', 'cpu.maxSockets'],
  ['domain.cpu.model', 'cpu.model'],
  ['domain.cpu.dedicatedCpuPlacement', 'cpu.dedicatedCPUPlacement'],
  ['domain.cpu.isolateEmulatorThread', 'cpu.isolateEmulatorThread'],
  ['domain.cpu.numa', 'cpu.numa'],
  ['domain.cpu.realtime', 'cpu.realtime'],
  ['domain.memory.maxGuest', 'memory.maxGuest'],
  ['domain.ioThreadsPolicy', 'ioThreadsPolicy'],
  ['domain.ioThreads', 'ioThreads'],
  ['domain.launchSecurity', 'launchSecurity'],
  ['domain.devices.gpus', 'gpus'],
  ['domain.devices.hostDevices', 'hostDevices'],
  ['nodeSelector', 'nodeSelector'],
  ['schedulerName', 'schedulerName'],
];

/**
 * Fields of a VM's template that say what its instance type says already, as paths. An instance type is the whole size of
 * a guest; what a VM adds of its own would make two VMs of one type differ.
 */
export function instancetypeConflicts(
  { metadata, spec }: VirtualMachineInstanceTemplateSpec,
  instancetype: VirtualMachineInstancetypeSpec,
): string[] {
  const conflicting = [
    ...sizes.filter((path) => isSaid(spec, path)),
    ...options.filter(([path, theirs]) => isSaid(spec, path) && isSaid(instancetype, theirs)).map(([path]) => path),
  ];
  const annotations = Object.entries(instancetype.annotations ?? {})
    .filter(([key, value]) => (metadata?.annotations?.[key] ?? value) !== value)
    .map(([key]) => `annotations.${key}`);
  return [...conflicting.map((path) => `spec.template.spec.${path}`), ...annotations];
}

/** Whether something is at a path: 0, false, an empty text or list say nothing. */
function isSaid(object: unknown, path: string): boolean {
  const value = path
    .split('.')
    .reduce<unknown>((at, part) => (at as Readonly<Record<string, unknown>> | undefined | null)?.[part], object);
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
