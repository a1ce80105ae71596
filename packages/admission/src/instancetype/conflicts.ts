import type { VirtualMachineInstanceTemplateSpec, VirtualMachineInstancetypeSpec } from '@quickvirt/api';

/**
 * Fields of a VM's template that say what its instance type says already, as paths. An instance type is the whole size of
 * a guest; what a VM adds of its own would make two VMs of one type differ.
 */
export function instancetypeConflicts(
  { metadata, spec }: VirtualMachineInstanceTemplateSpec,
  instancetype: VirtualMachineInstancetypeSpec,
): string[] {
  if (!spec) return [];
  const { domain } = spec;
  const cpu = domain.cpu ?? {};
  const memory = domain.memory ?? {};
  const { requests, limits } = domain.resources ?? {};
  const type = instancetype;
  const checks: [string, boolean][] = [
    ['domain.cpu.sockets', Boolean(cpu.sockets)],
    ['domain.cpu.cores', Boolean(cpu.cores)],
    ['domain.cpu.threads', Boolean(cpu.threads)],
    ['domain.cpu.maxSockets', Boolean(cpu.maxSockets && type.cpu?.maxSockets)],
    ['domain.cpu.model', Boolean(cpu.model && type.cpu?.model)],
    ['domain.cpu.dedicatedCpuPlacement', Boolean(cpu.dedicatedCpuPlacement && type.cpu?.dedicatedCPUPlacement !== undefined)],
    ['domain.cpu.isolateEmulatorThread', Boolean(cpu.isolateEmulatorThread && type.cpu?.isolateEmulatorThread !== undefined)],
    ['domain.cpu.numa', Boolean(cpu.numa && type.cpu?.numa)],
    ['domain.cpu.realtime', Boolean(cpu.realtime && type.cpu?.realtime)],
    ['domain.resources.requests.cpu', requests?.cpu !== undefined],
    ['domain.resources.limits.cpu', limits?.cpu !== undefined],
    ['domain.memory.guest', memory.guest !== undefined],
    ['domain.memory.hugepages', memory.hugepages !== undefined],
    ['domain.memory.maxGuest', memory.maxGuest !== undefined && type.memory?.maxGuest !== undefined],
    ['domain.resources.requests.memory', requests?.memory !== undefined],
    ['domain.resources.limits.memory', limits?.memory !== undefined],
    ['domain.ioThreadsPolicy', Boolean(domain.ioThreadsPolicy && type.ioThreadsPolicy)],
    ['domain.ioThreads', Boolean(domain.ioThreads && type.ioThreads)],
    ['domain.launchSecurity', Boolean(domain.launchSecurity && type.launchSecurity)],
    ['domain.devices.gpus', Boolean(domain.devices?.gpus?.length && type.gpus?.length)],
    ['domain.devices.hostDevices', Boolean(domain.devices?.hostDevices?.length && type.hostDevices?.length)],
    ['nodeSelector', Boolean(spec.nodeSelector && type.nodeSelector)],
    ['schedulerName', Boolean(spec.schedulerName && type.schedulerName)],
  ];
  const paths = checks.filter(([, conflicts]) => conflicts).map(([path]) => `spec.template.spec.${path}`);
  const annotations = Object.entries(type.annotations ?? {})
    .filter(([key, value]) => (metadata?.annotations?.[key] ?? value) !== value)
    .map(([key]) => `annotations.${key}`);
  return [...paths, ...annotations];
}
