import type { PersistentVolumeMode } from './core/persistent-volume-claim.ts';
import type { VolumePhase } from './phases.ts';
import type { Int64, Quantity, Time } from './scalars.ts';

/** State of a volume of a running guest. */
export interface VolumeStatus {
  /** What the container disk holds. */
  containerDiskVolume?: ContainerDiskInfo;
  /** The pod that a hot-plugged volume is attached through. */
  hotplugVolume?: HotplugVolumeStatus;
  /** The memory dump that was written to the volume. */
  memoryDumpVolume?: DomainMemoryDumpInfo;
  /** What is to say of the phase, for people. */
  message?: string;
  /** Name of the volume. */
  name: string;
  /** The claim behind the volume. */
  persistentVolumeClaimInfo?: PersistentVolumeClaimInfo;
  /** Where a hot-plugged volume is on its way into the guest, or out of it. */
  phase?: VolumePhase;
  /** Why the volume is in its phase, in one word. */
  reason?: string;
  /** Bytes of a disk that QuickVirt made. */
  size?: Int64;
  /** Device name in the domain, for example `vda`; empty while there is none. */
  target: string;
}

/** A claim behind a volume. */
export interface PersistentVolumeClaimInfo {
  /**
   * How it may be mounted.
   * @listType atomic
   */
  accessModes?: string[];
  /** Size that was given. */
  capacity?: Record<string, Quantity>;
  /** Name of the claim. */
  claimName?: string;
  /**
   * Share of a file system that disk images leave free, from `0` to `1`.
   * @pattern ^(0(?:\.\d{1,3})?|1)$
   */
  filesystemOverhead?: string;
  /** Whether the disk image takes all its space already. */
  preallocated?: boolean;
  /** Size that was asked for. */
  requests?: Record<string, Quantity>;
  /** Whether it holds files or is a raw device. */
  volumeMode?: PersistentVolumeMode;
}

/** The pod that a volume is attached through. */
export interface HotplugVolumeStatus {
  /** Name of the pod. */
  attachPodName?: string;
  /** UID of the pod. */
  attachPodUID?: string;
}

/** What a container disk holds. */
export interface ContainerDiskInfo {
  /**
   * CRC-32 of the disk image.
   * @minimum 0
   * @maximum 4294967295
   */
  checksum?: Int64;
}

/** A memory dump. */
export interface DomainMemoryDumpInfo {
  /** Claim that it was written to. */
  claimName?: string;
  /** When it ended. */
  endTimestamp?: Time;
  /** When it began. */
  startTimestamp?: Time;
  /** Name of the file on the volume. */
  targetFileName?: string;
}

/** A volume whose data moves to another claim. */
export interface StorageMigratedVolumeInfo {
  /** The claim it moves to. */
  destinationPVCInfo?: PersistentVolumeClaimInfo;
  /** The claim it comes from. */
  sourcePVCInfo?: PersistentVolumeClaimInfo;
  /** Name of the volume. */
  volumeName: string;
}

/** Volumes that move. */
export interface VolumeMigrationState {
  /**
   * The volumes.
   * @listType atomic
   */
  migratedVolumes?: StorageMigratedVolumeInfo[];
}

/** A change of volumes under way. */
export interface VolumeUpdateState {
  /** Volumes that move to other claims. */
  volumeMigrationState?: VolumeMigrationState;
}

/** Whether a volume can be part of a snapshot. */
export interface VolumeSnapshotStatus {
  /** Whether it can. */
  enabled: boolean;
  /** Name of the volume. */
  name: string;
  /** Why it cannot. */
  reason?: string;
}
