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

export type SpreadAcross = 'SocketsCoresThreads' | 'SocketsCores' | 'CoresThreads';

export interface VirtualMachinePreference {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachinePreferenceSpec;
}

export interface VirtualMachineClusterPreference {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachinePreferenceSpec;
}

export interface VirtualMachinePreferenceSpec {
  annotations?: Record<string, string>;
  clock?: ClockPreferences;
  cpu?: CPUPreferences;
  devices?: DevicePreferences;
  features?: FeaturePreferences;
  firmware?: FirmwarePreferences;
  machine?: MachinePreferences;
  preferSpreadSocketToCoreRatio?: Int32;
  preferredArchitecture?: string;
  preferredLaunchSecurity?: LaunchSecurity;
  preferredSubdomain?: string;
  preferredTerminationGracePeriodSeconds?: Int64;
  requirements?: PreferenceRequirements;
  volumes?: VolumePreferences;
}

export interface CPUPreferences {
  preferredCPUFeatures?: CPUFeature[];
  preferredCPUTopology?: PreferredCPUTopology;
  spreadOptions?: SpreadOptions;
}

export interface CPUPreferenceRequirement {
  guest: Int32;
}

export interface ClockPreferences {
  preferredClockOffset?: ClockOffset;
  preferredTimer?: Timer;
}

export interface DevicePreferences {
  preferredAutoattachGraphicsDevice?: boolean;
  preferredAutoattachInputDevice?: boolean;
  preferredAutoattachMemBalloon?: boolean;
  preferredAutoattachPodInterface?: boolean;
  preferredAutoattachSerialConsole?: boolean;
  preferredBlockMultiQueue?: boolean;
  preferredCdromBus?: DiskBus;
  preferredDisableHotplug?: boolean;
  preferredDiskBlockSize?: BlockSize;
  preferredDiskBus?: DiskBus;
  preferredDiskCache?: DriverCache;
  preferredDiskDedicatedIoThread?: boolean;
  preferredDiskIO?: DriverIO;
  preferredInputBus?: InputBus;
  preferredInputType?: InputType;
  preferredInterfaceMasquerade?: EmptyObject;
  preferredInterfaceModel?: InterfaceModel;
  preferredLunBus?: DiskBus;
  preferredNetworkInterfaceMultiQueue?: boolean;
  preferredPanicDeviceModel?: PanicDeviceModel;
  preferredRng?: EmptyObject;
  preferredSoundModel?: string;
  preferredTPM?: TPMDevice;
  preferredUseVirtioTransitional?: boolean;
  preferredVideoType?: string;
  preferredVirtualGPUOptions?: VGPUOptions;
}

export interface FeaturePreferences {
  preferredAcpi?: FeatureState;
  preferredApic?: FeatureAPIC;
  preferredHyperv?: FeatureHyperv;
  preferredKvm?: FeatureKVM;
  preferredPvspinlock?: FeatureState;
  preferredSmm?: FeatureState;
}

export interface FirmwarePreferences {
  preferredEfi?: EFI;
  preferredUseBios?: boolean;
  preferredUseBiosSerial?: boolean;
  preferredUseEfi?: boolean;
  preferredUseSecureBoot?: boolean;
}

export interface MachinePreferences {
  preferredMachineType?: string;
}

export interface MemoryPreferenceRequirement {
  guest: Quantity;
}

export interface PreferenceRequirements {
  architecture?: string;
  cpu?: CPUPreferenceRequirement;
  memory?: MemoryPreferenceRequirement;
}

export interface SpreadOptions {
  across?: SpreadAcross;
  ratio?: Int32;
}

export interface VolumePreferences {
  preferredStorageClassName?: string;
}
