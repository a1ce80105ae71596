import type { ChangedBlockTrackingStatus } from './changed-block-tracking.ts';
import type { Condition } from './conditions.ts';
import type { CPUTopology } from './cpu.ts';
import type { Machine } from './firmware.ts';
import type { VirtualMachineInstanceMigrationState } from './migration-state.ts';
import type { VirtualMachineInstancePhase } from './phases.ts';
import type { Int32, Int64, Quantity, Time } from './scalars.ts';
import type { StorageMigratedVolumeInfo, VolumeStatus } from './volume-status.ts';

export type PodQOSClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

export type VirtualMachineInstanceMigrationMethod = 'LiveMigration' | 'BlockMigration';

export type VirtualMachineInstanceMigrationTransport = 'Unix';

export interface VirtualMachineInstanceStatus {
  /**
   * @minimum 0
   * @maximum 4294967295
   */
  VSOCKCID?: Int64;
  activePods?: Record<string, string>;
  /** @nullable */
  changedBlockTracking?: ChangedBlockTrackingStatus;
  /**
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  currentCPUTopology?: CPUTopology;
  evacuationNodeName?: string;
  fsFreezeStatus?: string;
  guestOSInfo?: VirtualMachineInstanceGuestOSInfo;
  /**
   * @listType map
   * @listMapKeys name, interfaceName
   */
  interfaces?: VirtualMachineInstanceNetworkInterface[];
  kernelBootStatus?: KernelBootStatus;
  launcherContainerImageVersion?: string;
  machine?: Machine;
  memory?: MemoryStatus;
  /** @listType atomic */
  migratedVolumes?: StorageMigratedVolumeInfo[];
  migrationMethod?: VirtualMachineInstanceMigrationMethod;
  migrationState?: VirtualMachineInstanceMigrationState;
  migrationTransport?: VirtualMachineInstanceMigrationTransport;
  nodeName?: string;
  phase?: VirtualMachineInstancePhase;
  /**
   * @listType map
   * @listMapKeys phase
   */
  phaseTransitionTimestamps?: VirtualMachineInstancePhaseTransitionTimestamp[];
  qosClass?: PodQOSClass;
  reason?: string;
  runtimeUser?: Int64;
  selinuxContext?: string;
  topologyHints?: TopologyHints;
  virtualMachineRevisionName?: string;
  /**
   * @listType map
   * @listMapKeys name
   */
  volumeStatus?: VolumeStatus[];
}

export interface VirtualMachineInstanceNetworkInterface {
  infoSource?: string;
  /** @default "" */
  interfaceName?: string;
  ipAddress?: string;
  ipAddresses?: string[];
  linkState?: string;
  mac?: string;
  /** @default "" */
  name?: string;
  podInterfaceName?: string;
  queueCount?: Int32;
}

export interface VirtualMachineInstancePhaseTransitionTimestamp {
  phase?: VirtualMachineInstancePhase;
  phaseTransitionTimestamp?: Time;
}

export interface VirtualMachineInstanceGuestOSInfo {
  id?: string;
  kernelRelease?: string;
  kernelVersion?: string;
  machine?: string;
  name?: string;
  prettyName?: string;
  version?: string;
  versionId?: string;
}

export interface TopologyHints {
  tscFrequency?: Int64;
}

export interface KernelBootStatus {
  initrdInfo?: InitrdInfo;
  kernelInfo?: KernelInfo;
}

export interface KernelInfo {
  /**
   * @minimum 0
   * @maximum 4294967295
   */
  checksum?: Int64;
}

export interface InitrdInfo {
  /**
   * @minimum 0
   * @maximum 4294967295
   */
  checksum?: Int64;
}

export interface MemoryStatus {
  guestAtBoot?: Quantity;
  guestCurrent?: Quantity;
  guestRequested?: Quantity;
  memoryOverhead?: Quantity;
}
