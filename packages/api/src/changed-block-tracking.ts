import type { Time } from './scalars.ts';

/** State of changed block tracking. */
export type ChangedBlockTrackingState =
  '' | 'Initializing' | 'Enabled' | 'PendingRestart' | 'Disabled' | 'IncrementalBackupFeatureGateDisabled';

/** Whether file systems were frozen for a backup. */
export type QuiesceStatus = 'Succeeded' | 'Failed' | 'Skipped';

/** Changed block tracking of a guest. */
export interface ChangedBlockTrackingStatus {
  /**
   * The last backup, or the one under way.
   * @nullable
   */
  backupStatus?: VirtualMachineInstanceBackupStatus;
  /** Whether changed blocks are tracked. */
  state: ChangedBlockTrackingState;
}

/** A backup of a guest. */
export interface VirtualMachineInstanceBackupStatus {
  /** What is to say of it, for people. */
  backupMsg?: string;
  /** Name of the VirtualMachineBackup. */
  backupName?: string;
  /** Checkpoint that the next incremental backup starts from. */
  checkpointName?: string;
  /** Whether it has ended. */
  completed?: boolean;
  /** When it ended. */
  endTimestamp?: Time;
  /** Whether it failed. */
  failed?: boolean;
  /** Whether the guest's file systems were frozen. */
  quiesceStatus?: QuiesceStatus;
  /** When it began. */
  startTimestamp?: Time;
  /**
   * Volumes it holds.
   * @listType atomic
   */
  volumes?: VirtualMachineInstanceBackupVolumeInfo[];
}

/** A volume in a backup. */
export interface VirtualMachineInstanceBackupVolumeInfo {
  /** Name of the volume. */
  volumeName: string;
}
