import type { ClockOffset, Timer } from './clock.ts';
import type { CPUFeature } from './cpu.ts';
import type { InputBus, InputType, PanicDeviceModel, TPMDevice, VGPUOptions } from './devices.ts';
import type { BlockSize, DiskBus, DriverCache, DriverIO } from './disks.ts';
import type { FeatureAPIC, FeatureHyperv, FeatureKVM, FeatureState } from './features.ts';
import type { EFI } from './firmware.ts';
import type { LaunchSecurity } from './launch-security.ts';
import type { ObjectMeta } from './meta.ts';
import type { InterfaceModel } from './network.ts';
import type { EmptyObject, Int32, Int64, Quantity } from './scalars.ts';

/** How CPUs are spread; the forms that begin with `prefer` are deprecated. */
export type PreferredCPUTopology =
  | 'sockets'
  | 'cores'
  | 'threads'
  | 'spread'
  | 'any'
  | 'preferSockets'
  | 'preferCores'
  | 'preferThreads'
  | 'preferSpread'
  | 'preferAny';

/** Levels that CPUs are spread over. */
export type SpreadAcross = 'SocketsCoresThreads' | 'SocketsCores' | 'CoresThreads';

/** Defaults for machines in one namespace, chosen by name. */
export interface VirtualMachinePreference {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** The defaults. */
  spec: VirtualMachinePreferenceSpec;
}

/** Defaults for machines in all namespaces, chosen by name. */
export interface VirtualMachineClusterPreference {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** The defaults. */
  spec: VirtualMachinePreferenceSpec;
}

/** Defaults for what a machine leaves out. */
export interface VirtualMachinePreferenceSpec {
  /** Annotations that VMIs get. */
  annotations?: Record<string, string>;
  /** Clock and timers. */
  clock?: ClockPreferences;
  /** Topology and features of CPUs. */
  cpu?: CPUPreferences;
  /** Devices. */
  devices?: DevicePreferences;
  /** Features of the hypervisor. */
  features?: FeaturePreferences;
  /** BIOS or UEFI. */
  firmware?: FirmwarePreferences;
  /** Machine type. */
  machine?: MachinePreferences;
  /** Deprecated in favour of `cpu.spreadOptions.ratio`. Cores for each socket. Default: 2. */
  preferSpreadSocketToCoreRatio?: Int32;
  /** CPU architecture of the guest. */
  preferredArchitecture?: string;
  /** Encryption of the guest's memory. */
  preferredLaunchSecurity?: LaunchSecurity;
  /** Subdomain of the guest's full name. */
  preferredSubdomain?: string;
  /** Seconds that the guest has to shut down. */
  preferredTerminationGracePeriodSeconds?: Int64;
  /** What a machine must have to use this preference. */
  requirements?: PreferenceRequirements;
  /** Volumes. */
  volumes?: VolumePreferences;
}

/** Topology and features of CPUs. */
export interface CPUPreferences {
  /** CPU features. */
  preferredCPUFeatures?: CPUFeature[];
  /** What an instance type's CPUs become. Default: `sockets`. */
  preferredCPUTopology?: PreferredCPUTopology;
  /** How `spread` divides them. */
  spreadOptions?: SpreadOptions;
}

/** CPUs that a machine must have. */
export interface CPUPreferenceRequirement {
  /** Fewest virtual CPUs. */
  guest: Int32;
}

/** Clock and timers. */
export interface ClockPreferences {
  /** What the clock counts. */
  preferredClockOffset?: ClockOffset;
  /** Which timers the guest has. */
  preferredTimer?: Timer;
}

/** Defaults for devices. */
export interface DevicePreferences {
  /** Whether the guest has a video adapter and VNC. */
  preferredAutoattachGraphicsDevice?: boolean;
  /** Whether a guest without input devices gets one. */
  preferredAutoattachInputDevice?: boolean;
  /** Whether the guest has a memory balloon. */
  preferredAutoattachMemBalloon?: boolean;
  /** Whether a guest without networks gets the pod network. */
  preferredAutoattachPodInterface?: boolean;
  /** Whether the guest has a serial console. */
  preferredAutoattachSerialConsole?: boolean;
  /** Whether virtio disks have one queue a virtual CPU. */
  preferredBlockMultiQueue?: boolean;
  /** Bus of CD-ROM drives. */
  preferredCdromBus?: DiskBus;
  /** Whether controllers and slots for hot plug are left out. */
  preferredDisableHotplug?: boolean;
  /** Block sizes of disks. */
  preferredDiskBlockSize?: BlockSize;
  /** Bus of disks. */
  preferredDiskBus?: DiskBus;
  /** Cache mode of disks. */
  preferredDiskCache?: DriverCache;
  /** Whether virtio disks have I/O threads of their own. */
  preferredDiskDedicatedIoThread?: boolean;
  /** How I/O of disks is submitted. */
  preferredDiskIO?: DriverIO;
  /** Bus of input devices. */
  preferredInputBus?: InputBus;
  /** Kind of input devices. */
  preferredInputType?: InputType;
  /** Connects interfaces of the pod network by `masquerade`. */
  preferredInterfaceMasquerade?: EmptyObject;
  /** Model of network cards. */
  preferredInterfaceModel?: InterfaceModel;
  /** Bus of LUNs. */
  preferredLunBus?: DiskBus;
  /** Whether virtio interfaces have one queue a virtual CPU. */
  preferredNetworkInterfaceMultiQueue?: boolean;
  /** Model of panic devices. */
  preferredPanicDeviceModel?: PanicDeviceModel;
  /** Gives guests a random number generator. */
  preferredRng?: EmptyObject;
  /** Model of sound cards. */
  preferredSoundModel?: string;
  /** Gives guests a TPM. */
  preferredTPM?: TPMDevice;
  /** Whether virtio devices are those that old guests know too. */
  preferredUseVirtioTransitional?: boolean;
  /** Model of the video adapter. */
  preferredVideoType?: string;
  /** Options of virtual GPUs. */
  preferredVirtualGPUOptions?: VGPUOptions;
}

/** Defaults for features of the hypervisor. */
export interface FeaturePreferences {
  /** ACPI tables. */
  preferredAcpi?: FeatureState;
  /** Local interrupt controllers. */
  preferredApic?: FeatureAPIC;
  /** Hyper-V enlightenments. */
  preferredHyperv?: FeatureHyperv;
  /** What the guest may know of KVM. */
  preferredKvm?: FeatureKVM;
  /** Paravirtual spin locks. */
  preferredPvspinlock?: FeatureState;
  /** System management mode. */
  preferredSmm?: FeatureState;
}

/** Defaults for the firmware. */
export interface FirmwarePreferences {
  /** UEFI and its settings. */
  preferredEfi?: EFI;
  /** Whether the guest boots by BIOS. */
  preferredUseBios?: boolean;
  /** Whether the BIOS shows its output on the serial console. */
  preferredUseBiosSerial?: boolean;
  /** Deprecated in favour of `preferredEfi`. */
  preferredUseEfi?: boolean;
  /** Deprecated in favour of `preferredEfi`. */
  preferredUseSecureBoot?: boolean;
}

/** Default for the machine. */
export interface MachinePreferences {
  /** Machine type. */
  preferredMachineType?: string;
}

/** Memory that a machine must have. */
export interface MemoryPreferenceRequirement {
  /** Least memory. */
  guest: Quantity;
}

/** What a machine must have to use a preference. */
export interface PreferenceRequirements {
  /** CPU architecture. */
  architecture?: string;
  /** CPUs. */
  cpu?: CPUPreferenceRequirement;
  /** Memory. */
  memory?: MemoryPreferenceRequirement;
}

/** How CPUs are divided. */
export interface SpreadOptions {
  /** Levels they are spread over. Default: `SocketsCores`. */
  across?: SpreadAcross;
  /** Cores, or threads, for each unit of the level above. Default: 2. */
  ratio?: Int32;
}

/** Defaults for volumes. */
export interface VolumePreferences {
  /** StorageClass of DataVolumes that name none. */
  preferredStorageClassName?: string;
}
