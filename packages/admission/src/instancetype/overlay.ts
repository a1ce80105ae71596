import type {
  CPU,
  DomainSpec,
  Memory,
  VirtualMachineInstanceSpec,
  VirtualMachineInstancetypeSpec,
  VirtualMachinePreferenceSpec,
} from '@quickvirt/api';

/**
 * What the rules see of a template with an instance type: its sizes, devices and placement, where the template has none
 * of its own. The guest that is made later is laid out by the expansion in virt-controller; here only amounts count.
 */
export function withInstancetype(
  spec: VirtualMachineInstanceSpec,
  instancetype: VirtualMachineInstancetypeSpec | undefined,
  preference: VirtualMachinePreferenceSpec | undefined,
): VirtualMachineInstanceSpec {
  const { domain } = spec;
  if (!instancetype?.cpu || !instancetype.memory || !domain) return spec;
  const { gpus = [], hostDevices = [], ioThreads, ioThreadsPolicy, launchSecurity } = instancetype;
  const given: Partial<DomainSpec> = {
    ...(ioThreads && { ioThreads }),
    ...(ioThreadsPolicy && { ioThreadsPolicy }),
    ...(launchSecurity && { launchSecurity }),
  };
  const devices = {
    ...domain.devices,
    gpus: [...(domain.devices?.gpus ?? []), ...gpus],
    hostDevices: [...(domain.devices?.hostDevices ?? []), ...hostDevices],
  };
  const sized = {
    cpu: { ...cpuOf(instancetype), ...domain.cpu },
    memory: { ...memoryOf(instancetype), ...domain.memory },
  };
  return { ...spec, domain: { ...given, ...domain, ...firmwareOf(domain, preference), ...sized, devices } };
}

function cpuOf({ cpu }: VirtualMachineInstancetypeSpec): CPU {
  return {
    sockets: cpu.guest,
    cores: 1,
    threads: 1,
    ...(cpu.model && { model: cpu.model }),
    ...(cpu.maxSockets !== undefined && { maxSockets: cpu.maxSockets }),
    ...(cpu.dedicatedCPUPlacement && { dedicatedCpuPlacement: true }),
    ...(cpu.isolateEmulatorThread && { isolateEmulatorThread: true }),
    ...(cpu.numa && { numa: cpu.numa }),
    ...(cpu.realtime && { realtime: cpu.realtime }),
  };
}

function memoryOf({ memory }: VirtualMachineInstancetypeSpec): Memory {
  return {
    guest: memory.guest,
    ...(memory.hugepages && { hugepages: memory.hugepages }),
    ...(memory.maxGuest !== undefined && { maxGuest: memory.maxGuest }),
  };
}

/** Firmware that launch security needs comes from the preference. */
function firmwareOf(
  { firmware, features }: DomainSpec,
  preference: VirtualMachinePreferenceSpec | undefined,
): Partial<DomainSpec> {
  const efi = preference?.firmware?.preferredEfi;
  const smm = preference?.features?.preferredSmm;
  return {
    ...(efi && !firmware?.bootloader && { firmware: { ...firmware, bootloader: { efi } } }),
    ...(smm && !features?.smm && { features: { ...features, smm } }),
  };
}
