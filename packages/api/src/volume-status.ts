import type { PersistentVolumeMode } from './core/persistent-volume-claim.ts';
import type { VolumePhase } from './phases.ts';
import type { Int64, Quantity, Time } from './scalars.ts';

export interface VolumeStatus {
  containerDiskVolume?: ContainerDiskInfo;
  hotplugVolume?: HotplugVolumeStatus;
  memoryDumpVolume?: DomainMemoryDumpInfo;
  message?: string;
  name: string;
  persistentVolumeClaimInfo?: PersistentVolumeClaimInfo;
  phase?: VolumePhase;
  reason?: string;
  size?: Int64;
  target: string;
}

export interface PersistentVolumeClaimInfo {
  /** @listType atomic */
  accessModes?: string[];
  capacity?: Record<string, Quantity>;
  claimName?: string;
  /** @pattern ^(0(?:\.\d{1,3})?|1)$ */
  filesystemOverhead?: string;
  preallocated?: boolean;
  requests?: Record<string, Quantity>;
  volumeMode?: PersistentVolumeMode;
}

export interface HotplugVolumeStatus {
  attachPodName?: string;
  attachPodUID?: string;
}

export interface ContainerDiskInfo {
  /**
   * @minimum 0
   * @maximum 4294967295
   */
  checksum?: Int64;
}

export interface DomainMemoryDumpInfo {
  claimName?: string;
  endTimestamp?: Time;
  startTimestamp?: Time;
  targetFileName?: string;
}

export interface StorageMigratedVolumeInfo {
  destinationPVCInfo?: PersistentVolumeClaimInfo;
  sourcePVCInfo?: PersistentVolumeClaimInfo;
  volumeName: string;
}

export interface VolumeMigrationState {
  /** @listType atomic */
  migratedVolumes?: StorageMigratedVolumeInfo[];
}

export interface VolumeUpdateState {
  volumeMigrationState?: VolumeMigrationState;
}

export interface VolumeSnapshotStatus {
  enabled: boolean;
  name: string;
  reason?: string;
}
