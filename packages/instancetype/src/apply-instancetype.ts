import {
  formatQuantity,
  quantityOf,
  type DomainSpec,
  type VirtualMachineInstancetypeSpec,
  type VirtualMachineInstanceSpec,
  type VirtualMachinePreferenceSpec,
  wholeUnits,
} from '@quickvirt/api';
import { type Conflict, conflictsAmong } from './conflict.ts';
import { topologyFor } from './cpu-topology.ts';

/** A guest's spec with an instance type in it, or the fields by which the two contradict each other. */
export type Applied = { spec: VirtualMachineInstanceSpec } | { conflicts: Conflict[] };

/**
 * Puts an instance type into a guest's spec. What an instance type states is its own: the guest must not state it too.
 */
export function applyInstancetype(
  spec: VirtualMachineInstanceSpec,
  instancetype: VirtualMachineInstancetypeSpec,
  preference: VirtualMachinePreferenceSpec | undefined,
): Applied {
  const topology = topologyFor(instancetype.cpu.guest, preference);
  const conflicts = [...conflictsOf(spec, instancetype), ...(topology === undefined ? [{ field: 'domain.cpu' }] : [])];
  if (topology === undefined || conflicts.length > 0) return { conflicts };
  const { domain } = spec;
  return {
    spec: {
      ...spec,
      ...(instancetype.nodeSelector ? { nodeSelector: instancetype.nodeSelector } : {}),
      ...(instancetype.schedulerName ? { schedulerName: instancetype.schedulerName } : {}),
      domain: {
        ...domain,
        cpu: { ...domain.cpu, ...topology, ...cpuOf(instancetype) },
        memory: { ...domain.memory, ...memoryOf(instancetype) },
        ...resourcesOf(domain, instancetype),
        ...policiesOf(instancetype),
        devices: {
          ...domain.devices,
          ...(instancetype.gpus?.length ? { gpus: instancetype.gpus } : {}),
          ...(instancetype.hostDevices?.length ? { hostDevices: instancetype.hostDevices } : {}),
        },
      },
    },
  };
}

type Spec = VirtualMachineInstanceSpec;

function conflictsOf(spec: Spec, instancetype: VirtualMachineInstancetypeSpec): Conflict[] {
  return conflictsAmong({
    ...cpuStated(spec, instancetype),
    ...resourcesStated(spec, instancetype),
    ...devicesStated(spec, instancetype),
    nodeSelector: instancetype.nodeSelector && spec.nodeSelector,
    schedulerName: instancetype.schedulerName && spec.schedulerName,
  });
}

/** An instance type always has a number of vCPUs, and the rest when it says so. */
function cpuStated(
  { domain: { cpu } }: Spec,
  { cpu: wanted }: VirtualMachineInstancetypeSpec,
): Record<string, unknown> {
  return {
    'domain.cpu.sockets': cpu?.sockets,
    'domain.cpu.cores': cpu?.cores,
    'domain.cpu.threads': cpu?.threads,
    'domain.cpu.model': wanted.model && cpu?.model,
    'domain.cpu.dedicatedCpuPlacement': wanted.dedicatedCPUPlacement && cpu?.dedicatedCpuPlacement,
    'domain.cpu.isolateEmulatorThread': wanted.isolateEmulatorThread && cpu?.isolateEmulatorThread,
    'domain.cpu.numa': wanted.numa && cpu?.numa,
    'domain.cpu.realtime': wanted.realtime && cpu?.realtime,
    'domain.cpu.maxSockets': wanted.maxSockets && cpu?.maxSockets,
  };
}

/** CPU and memory are the instance type's, so nothing may ask for them beside it. */
function resourcesStated(
  { domain: { memory, resources } }: Spec,
  { memory: wanted }: VirtualMachineInstancetypeSpec,
): Record<string, unknown> {
  return {
    'domain.resources.requests.cpu': resources?.requests?.['cpu'],
    'domain.resources.limits.cpu': resources?.limits?.['cpu'],
    'domain.memory.guest': memory?.guest,
    'domain.memory.hugepages': memory?.hugepages,
    'domain.memory.maxGuest': wanted.maxGuest !== undefined && memory?.maxGuest,
    'domain.resources.requests.memory': resources?.requests?.['memory'],
    'domain.resources.limits.memory': resources?.limits?.['memory'],
  };
}

function devicesStated({ domain }: Spec, instancetype: VirtualMachineInstancetypeSpec): Record<string, unknown> {
  return {
    'domain.devices.gpus': instancetype.gpus?.length && domain.devices.gpus,
    'domain.devices.hostDevices': instancetype.hostDevices?.length && domain.devices.hostDevices,
    'domain.ioThreads': instancetype.ioThreads && domain.ioThreads,
    'domain.ioThreadsPolicy': instancetype.ioThreadsPolicy && domain.ioThreadsPolicy,
    'domain.launchSecurity': instancetype.launchSecurity && domain.launchSecurity,
  };
}

function cpuOf({ cpu }: VirtualMachineInstancetypeSpec): DomainSpec['cpu'] {
  return {
    ...(cpu.model ? { model: cpu.model } : {}),
    ...(cpu.dedicatedCPUPlacement === undefined ? {} : { dedicatedCpuPlacement: cpu.dedicatedCPUPlacement }),
    ...(cpu.isolateEmulatorThread === undefined ? {} : { isolateEmulatorThread: cpu.isolateEmulatorThread }),
    ...(cpu.numa ? { numa: cpu.numa } : {}),
    ...(cpu.realtime ? { realtime: cpu.realtime } : {}),
    ...(cpu.maxSockets ? { maxSockets: cpu.maxSockets } : {}),
  };
}

function memoryOf({ memory }: VirtualMachineInstancetypeSpec): DomainSpec['memory'] {
  return {
    guest: memory.guest,
    ...(memory.hugepages ? { hugepages: memory.hugepages } : {}),
    ...(memory.maxGuest === undefined ? {} : { maxGuest: memory.maxGuest }),
  };
}

/** With overcommitment the pod asks for less than the guest sees. */
function resourcesOf(
  { resources }: DomainSpec,
  { memory }: VirtualMachineInstancetypeSpec,
): Pick<DomainSpec, 'resources'> {
  if (!memory.overcommitPercent) return {};
  const requested = (wholeUnits(memory.guest) * BigInt(100 - memory.overcommitPercent)) / 100n;
  return {
    resources: { ...resources, requests: { ...resources?.requests, memory: formatQuantity(quantityOf(requested)) } },
  };
}

function policiesOf({
  ioThreads,
  ioThreadsPolicy,
  launchSecurity,
}: VirtualMachineInstancetypeSpec): Partial<DomainSpec> {
  return {
    ...(ioThreads ? { ioThreads } : {}),
    ...(ioThreadsPolicy ? { ioThreadsPolicy } : {}),
    ...(launchSecurity ? { launchSecurity } : {}),
  };
}
