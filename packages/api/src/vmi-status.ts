import type { ChangedBlockTrackingStatus } from './changed-block-tracking.ts';
import type { Condition } from './conditions.ts';
import type { CPUTopology } from './cpu.ts';
import type { DeviceStatus } from './device-status.ts';
import type { Machine } from './firmware.ts';
import type { LastFailure } from './last-failure.ts';
import type { VirtualMachineInstanceMigrationState } from './migration-state.ts';
import type { VirtualMachineInstancePhase } from './phases.ts';
import type { Int32, Int64, Quantity, Time } from './scalars.ts';
import type { StorageMigratedVolumeInfo, VolumeStatus } from './volume-status.ts';

/** Quality-of-service class of a pod. */
export type PodQOSClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** What a migration copies. */
export type VirtualMachineInstanceMigrationMethod = 'LiveMigration' | 'BlockMigration';

/** How migration data travels. */
export type VirtualMachineInstanceMigrationTransport = 'Unix';

/** What is known of a running guest. */
export interface VirtualMachineInstanceStatus {
  /**
   * Context id of the guest's VSOCK device.
   * @minimum 0
   * @maximum 4294967295
   */
  VSOCKCID?: Int64;
  /** Pods that run this guest, by UID, and the node of each; two during a migration. */
  activePods?: Record<string, string>;
  /**
   * Tracking of changed blocks for incremental backups.
   * @nullable
   */
  changedBlockTracking?: ChangedBlockTrackingStatus;
  /**
   * Conditions of the VMI; one of each type.
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /** CPUs that the guest has now, hot-plugged ones included. */
  currentCPUTopology?: CPUTopology;
  /**
   * PCI devices of the node that the guest has. QuickVirt only.
   * @listType map
   * @listMapKeys name
   */
  deviceStatus?: DeviceStatus[];
  /** Node that the guest is to leave, because it is drained. */
  evacuationNodeName?: string;
  /** `frozen` while the guest's file systems are frozen. */
  fsFreezeStatus?: string;
  /** The operating system, as the guest agent tells. */
  guestOSInfo?: VirtualMachineInstanceGuestOSInfo;
  /**
   * Network interfaces of the guest, with their addresses.
   * @listType map
   * @listMapKeys name, interfaceName
   */
  interfaces?: VirtualMachineInstanceNetworkInterface[];
  /** What kernel the guest was booted from. */
  kernelBootStatus?: KernelBootStatus;
  /** How the instance ended, when it ended badly. QuickVirt only. */
  lastFailure?: LastFailure;
  /** Image of the launcher that runs the guest. */
  launcherContainerImageVersion?: string;
  /** Machine type that the guest runs with. */
  machine?: Machine;
  /** Memory that the guest has. */
  memory?: MemoryStatus;
  /**
   * Volumes that the next migration copies to other claims.
   * @listType atomic
   */
  migratedVolumes?: StorageMigratedVolumeInfo[];
  /** Whether a migration has to copy disks too. */
  migrationMethod?: VirtualMachineInstanceMigrationMethod;
  /** The last migration, or the one under way. */
  migrationState?: VirtualMachineInstanceMigrationState;
  /** How migration data travels between the launchers. */
  migrationTransport?: VirtualMachineInstanceMigrationTransport;
  /** Node that runs the guest. virt-handler finds its guests by this field. */
  nodeName?: string;
  /** Where in its life the VMI is. */
  phase?: VirtualMachineInstancePhase;
  /**
   * When the VMI first came into each phase.
   * @listType map
   * @listMapKeys phase
   */
  phaseTransitionTimestamps?: VirtualMachineInstancePhaseTransitionTimestamp[];
  /** Quality-of-service class of the launcher pod. */
  qosClass?: PodQOSClass;
  /** Why the VMI is in its phase, in one word. */
  reason?: string;
  /** User id that QEMU runs as. */
  runtimeUser?: Int64;
  /** SELinux label of the launcher, which a migration target must share. */
  selinuxContext?: string;
  /** What later nodes must offer for a migration. */
  topologyHints?: TopologyHints;
  /** ControllerRevision with the VM's spec that this VMI was made from. */
  virtualMachineRevisionName?: string;
  /**
   * State of each volume.
   * @listType map
   * @listMapKeys name
   */
  volumeStatus?: VolumeStatus[];
}

/** A network interface of a running guest. */
export interface VirtualMachineInstanceNetworkInterface {
  /** Where this comes from: `domain`, `guest-agent` and `multus-status`, separated by commas. */
  infoSource?: string;
  /**
   * Name of the interface in the guest; empty without a guest agent.
   * @default ""
   */
  interfaceName?: string;
  /** First address. */
  ipAddress?: string;
  /** All addresses. */
  ipAddresses?: string[];
  /** `up` or `down`. */
  linkState?: string;
  /** MAC address. */
  mac?: string;
  /**
   * Name of the interface in the spec; empty for one that the guest made itself.
   * @default ""
   */
  name?: string;
  /** Name of the interface in the pod. */
  podInterfaceName?: string;
  /** Queues of the interface. */
  queueCount?: Int32;
}

/** When a phase began. */
export interface VirtualMachineInstancePhaseTransitionTimestamp {
  /** The phase. */
  phase?: VirtualMachineInstancePhase;
  /** When it began. */
  phaseTransitionTimestamp?: Time;
}

/** An operating system, as the guest agent tells. */
export interface VirtualMachineInstanceGuestOSInfo {
  /** Short name, for example `fedora`. */
  id?: string;
  /** Release of the kernel. */
  kernelRelease?: string;
  /** Version of the kernel. */
  kernelVersion?: string;
  /** Machine hardware name, for example `x86_64`. */
  machine?: string;
  /** Name, for example `Fedora Linux`. */
  name?: string;
  /** Name and version in one. */
  prettyName?: string;
  /** Version in words. */
  version?: string;
  /** Version as a number. */
  versionId?: string;
}

/** What later nodes must offer. */
export interface TopologyHints {
  /** Frequency of the guest's time-stamp counter in hertz. */
  tscFrequency?: Int64;
}

/** Kernel and initrd that the guest was booted from. */
export interface KernelBootStatus {
  /** The initial RAM disk. */
  initrdInfo?: InitrdInfo;
  /** The kernel. */
  kernelInfo?: KernelInfo;
}

/** A kernel file. */
export interface KernelInfo {
  /**
   * CRC-32 of the file.
   * @minimum 0
   * @maximum 4294967295
   */
  checksum?: Int64;
}

/** An initial RAM disk file. */
export interface InitrdInfo {
  /**
   * CRC-32 of the file.
   * @minimum 0
   * @maximum 4294967295
   */
  checksum?: Int64;
}

/** Memory of a running guest. */
export interface MemoryStatus {
  /** Memory that the guest began with. */
  guestAtBoot?: Quantity;
  /** Memory that the guest has now. */
  guestCurrent?: Quantity;
  /** Memory that the guest is to reach by hot plug. */
  guestRequested?: Quantity;
  /** Memory that the pod has beyond the guest's. */
  memoryOverhead?: Quantity;
}
