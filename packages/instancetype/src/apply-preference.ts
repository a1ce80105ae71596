import type {
  Devices,
  Disk,
  DomainSpec,
  Interface,
  VirtualMachineInstanceSpec,
  VirtualMachinePreferenceSpec,
} from '@quickvirt/api';

/** Fills in what a preference prefers, wherever the guest's spec says nothing: a preference never contradicts. */
export function applyPreference(
  spec: VirtualMachineInstanceSpec,
  preference: VirtualMachinePreferenceSpec,
): VirtualMachineInstanceSpec {
  const { domain } = spec;
  return withoutAbsent({
    ...spec,
    subdomain: spec.subdomain || preference.preferredSubdomain,
    terminationGracePeriodSeconds:
      spec.terminationGracePeriodSeconds ?? preference.preferredTerminationGracePeriodSeconds,
    architecture: spec.architecture || preference.preferredArchitecture,
    domain: withoutAbsent({
      ...domain,
      cpu: cpuOf(domain, preference),
      clock: clockOf(domain, preference),
      features: featuresOf(domain, preference),
      firmware: firmwareOf(domain, preference),
      machine: domain.machine?.type ? domain.machine : machineOf(domain, preference),
      launchSecurity: domain.launchSecurity ?? preference.preferredLaunchSecurity,
      devices: devicesOf(spec, preference),
    }),
  });
}

/** What neither side states must not appear as a key: objects are compared and stored as they are. */
function withoutAbsent<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

function cpuOf({ cpu }: DomainSpec, preference: VirtualMachinePreferenceSpec): DomainSpec['cpu'] {
  const preferred = preference.cpu?.preferredCPUFeatures ?? [];
  if (preferred.length === 0) return cpu;
  const own = cpu?.features ?? [];
  const added = preferred.filter(({ name }) => !own.some((feature) => feature.name === name));
  return { ...cpu, features: [...own, ...added] };
}

function clockOf({ clock }: DomainSpec, { clock: preferred }: VirtualMachinePreferenceSpec): DomainSpec['clock'] {
  if (preferred === undefined) return clock;
  const hasOffset = clock?.utc !== undefined || clock?.timezone !== undefined;
  return withoutAbsent({
    ...clock,
    ...(hasOffset ? {} : preferred.preferredClockOffset),
    timer: clock?.timer ?? preferred.preferredTimer,
  });
}

function featuresOf(
  { features }: DomainSpec,
  { features: preferred }: VirtualMachinePreferenceSpec,
): DomainSpec['features'] {
  if (preferred === undefined) return features;
  return withoutAbsent({
    ...features,
    acpi: features?.acpi?.enabled === undefined ? (preferred.preferredAcpi ?? features?.acpi) : features.acpi,
    apic: features?.apic ?? preferred.preferredApic,
    kvm: features?.kvm ?? preferred.preferredKvm,
    pvspinlock: features?.pvspinlock ?? preferred.preferredPvspinlock,
    smm: features?.smm ?? preferred.preferredSmm,
    hyperv:
      preferred.preferredHyperv === undefined
        ? features?.hyperv
        : { ...preferred.preferredHyperv, ...withoutAbsent(features?.hyperv ?? {}) },
  });
}

function firmwareOf(
  { firmware }: DomainSpec,
  { firmware: preferred }: VirtualMachinePreferenceSpec,
): DomainSpec['firmware'] {
  if (preferred === undefined) return firmware;
  const { bios, efi } = firmware?.bootloader ?? {};
  const preferredEfi = preferred.preferredEfi ?? (preferred.preferredUseEfi === true ? {} : undefined);
  const useEfi = efi ?? (bios === undefined ? preferredEfi : undefined);
  const useBios = bios ?? (useEfi === undefined && preferred.preferredUseBios === true ? {} : undefined);
  const bootloader = withoutAbsent({
    bios: useBios && withoutAbsent({ ...useBios, useSerial: useBios.useSerial ?? preferred.preferredUseBiosSerial }),
    efi: useEfi && withoutAbsent({ ...useEfi, secureBoot: useEfi.secureBoot ?? preferred.preferredUseSecureBoot }),
  });
  return Object.keys(bootloader).length === 0 ? firmware : { ...firmware, bootloader };
}

function machineOf({ machine }: DomainSpec, preference: VirtualMachinePreferenceSpec): DomainSpec['machine'] {
  const type = preference.machine?.preferredMachineType;
  return type ? { ...machine, type } : machine;
}

type DevicePreferences = NonNullable<VirtualMachinePreferenceSpec['devices']>;

function devicesOf(spec: VirtualMachineInstanceSpec, { devices: preferred }: VirtualMachinePreferenceSpec): Devices {
  const { devices } = spec.domain;
  if (preferred === undefined) return devices;
  const autoattachInputDevice = devices.autoattachInputDevice ?? preferred.preferredAutoattachInputDevice;
  return withoutAbsent({
    ...devices,
    autoattachGraphicsDevice: devices.autoattachGraphicsDevice ?? preferred.preferredAutoattachGraphicsDevice,
    autoattachMemBalloon: devices.autoattachMemBalloon ?? preferred.preferredAutoattachMemBalloon,
    autoattachPodInterface: devices.autoattachPodInterface ?? preferred.preferredAutoattachPodInterface,
    autoattachSerialConsole: devices.autoattachSerialConsole ?? preferred.preferredAutoattachSerialConsole,
    autoattachInputDevice,
    disableHotplug: devices.disableHotplug ?? preferred.preferredDisableHotplug,
    useVirtioTransitional: devices.useVirtioTransitional ?? preferred.preferredUseVirtioTransitional,
    blockMultiQueue: devices.blockMultiQueue ?? preferred.preferredBlockMultiQueue,
    networkInterfaceMultiqueue: devices.networkInterfaceMultiqueue ?? preferred.preferredNetworkInterfaceMultiQueue,
    rng: devices.rng ?? preferred.preferredRng,
    tpm: devices.tpm ?? preferred.preferredTPM,
    video: devices.video ?? videoOf(devices, preferred),
    sound: devices.sound && { ...devices.sound, model: devices.sound.model || preferred.preferredSoundModel },
    disks: devices.disks?.map((disk) => diskOf(disk, preferred)),
    interfaces: devices.interfaces?.map((one) => interfaceOf(one, spec, preferred)),
    inputs: inputsOf(devices, preferred, autoattachInputDevice),
    gpus: devices.gpus?.map((gpu) =>
      withoutAbsent({ ...gpu, virtualGPUOptions: gpu.virtualGPUOptions ?? preferred.preferredVirtualGPUOptions }),
    ),
    panicDevices: devices.panicDevices?.map((device) =>
      withoutAbsent({ ...device, model: device.model ?? preferred.preferredPanicDeviceModel }),
    ),
  });
}

function videoOf({ autoattachGraphicsDevice }: Devices, { preferredVideoType }: DevicePreferences): Devices['video'] {
  return preferredVideoType && autoattachGraphicsDevice !== false ? { type: preferredVideoType } : undefined;
}

function diskOf(disk: Disk, preferred: DevicePreferences): Disk {
  if (disk.cdrom)
    return { ...disk, cdrom: withoutAbsent({ ...disk.cdrom, bus: disk.cdrom.bus ?? preferred.preferredCdromBus }) };
  if (disk.lun) return { ...disk, lun: withoutAbsent({ ...disk.lun, bus: disk.lun.bus ?? preferred.preferredLunBus }) };
  const bus = disk.disk?.bus ?? preferred.preferredDiskBus;
  return withoutAbsent({
    ...disk,
    disk: withoutAbsent({ ...disk.disk, bus }),
    blockSize: disk.blockSize ?? preferred.preferredDiskBlockSize,
    cache: disk.cache ?? preferred.preferredDiskCache,
    io: disk.io ?? preferred.preferredDiskIO,
    // Only virtio disks can have a thread of their own.
    dedicatedIOThread:
      disk.dedicatedIOThread ?? (bus === 'virtio' ? preferred.preferredDiskDedicatedIoThread : undefined),
  });
}

function interfaceOf(
  one: Interface,
  { networks }: VirtualMachineInstanceSpec,
  preferred: DevicePreferences,
): Interface {
  const { masquerade, bridge, sriov, binding, passtBinding } = one;
  const onPodNetwork = (networks ?? []).some(({ name, pod }) => name === one.name && pod !== undefined);
  const unbound = [masquerade, bridge, sriov, binding, passtBinding].every((way) => way === undefined);
  return withoutAbsent({
    ...one,
    model: one.model ?? (sriov === undefined ? preferred.preferredInterfaceModel : undefined),
    masquerade: masquerade ?? (unbound && onPodNetwork ? preferred.preferredInterfaceMasquerade : undefined),
  });
}

/** An input device that is attached by preference has the preferred kind at once. */
function inputsOf(
  { inputs }: Devices,
  preferred: DevicePreferences,
  autoattach: boolean | undefined,
): Devices['inputs'] {
  const { preferredInputBus, preferredInputType } = preferred;
  if (inputs === undefined || inputs.length === 0) {
    if (autoattach !== true || preferredInputBus === undefined) return inputs;
    return [{ name: 'default-0', bus: preferredInputBus, type: preferredInputType ?? 'tablet' }];
  }
  return inputs.map((input) =>
    withoutAbsent({
      ...input,
      bus: input.bus ?? preferredInputBus,
      type: input.type || (preferredInputType ?? 'tablet'),
    }),
  );
}
