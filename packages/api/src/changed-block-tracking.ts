import type { Time } from './scalars.ts';

export type ChangedBlockTrackingState =
  '' | 'Initializing' | 'Enabled' | 'PendingRestart' | 'Disabled' | 'IncrementalBackupFeatureGateDisabled';

export type QuiesceStatus = 'Succeeded' | 'Failed' | 'Skipped';

export interface ChangedBlockTrackingStatus {
  /** @nullable */
  backupStatus?: VirtualMachineInstanceBackupStatus;
  state: ChangedBlockTrackingState;
}

export interface VirtualMachineInstanceBackupStatus {
  backupMsg?: string;
  backupName?: string;
  checkpointName?: string;
  completed?: boolean;
  endTimestamp?: Time;
  failed?: boolean;
  quiesceStatus?: QuiesceStatus;
  startTimestamp?: Time;
  /** @listType atomic */
  volumes?: VirtualMachineInstanceBackupVolumeInfo[];
}

export interface VirtualMachineInstanceBackupVolumeInfo {
  volumeName: string;
}
