import type {
  CPU,
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
  if (!instancetype?.cpu || !instancetype.memory) return spec;
  const { cpu, memory, gpus, hostDevices, ioThreads, ioThreadsPolicy, launchSecurity } = instancetype;
  const efi = preference?.firmware?.preferredEfi;
  const { domain } = spec;
  const sized: CPU = {
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
  return {
    ...spec,
    domain: {
      ...domain,
      cpu: { ...sized, ...domain.cpu },
      memory: {
        guest: memory.guest,
        ...(memory.hugepages && { hugepages: memory.hugepages }),
        ...(memory.maxGuest !== undefined && { maxGuest: memory.maxGuest }),
        ...domain.memory,
      },
      ...(ioThreads && !domain.ioThreads && { ioThreads }),
      ...(ioThreadsPolicy && !domain.ioThreadsPolicy && { ioThreadsPolicy }),
      ...(launchSecurity && !domain.launchSecurity && { launchSecurity }),
      ...(efi && !domain.firmware?.bootloader && { firmware: { ...domain.firmware, bootloader: { efi } } }),
      ...(preference?.features?.preferredSmm &&
        !domain.features?.smm && { features: { ...domain.features, smm: preference.features.preferredSmm } }),
      devices: {
        ...domain.devices,
        ...(gpus?.length && { gpus: [...(domain.devices.gpus ?? []), ...gpus] }),
        ...(hostDevices?.length && { hostDevices: [...(domain.devices.hostDevices ?? []), ...hostDevices] }),
      },
    },
  };
}
