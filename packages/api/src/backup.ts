import type { StrictCondition } from './conditions.ts';
import type { TypedLocalObjectReference } from './core/references.ts';
import type { ObjectMeta } from './meta.ts';
import type { Duration, Time } from './scalars.ts';

export type BackupCmd = 'Start' | 'Abort' | 'Export';

export type BackupMode = 'Push' | 'Pull';

export type BackupType = 'Full' | 'Incremental';

export interface VirtualMachineBackup {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineBackupSpec;
  status?: VirtualMachineBackupStatus;
}

export interface VirtualMachineBackupSpec {
  forceFullBackup?: boolean;
  /** @enforced */
  mode?: BackupMode;
  pvcName?: string;
  skipQuiesce?: boolean;
  /** @mapType atomic */
  source: TypedLocalObjectReference;
  tokenSecretRef?: string;
  ttlDuration?: Duration;
}

export interface VirtualMachineBackupStatus {
  checkpointName?: string;
  /**
   * @listType map
   * @listMapKeys type
   */
  conditions?: StrictCondition[];
  endpointCert?: string;
  exportUID?: string;
  /** @listType atomic */
  includedVolumes?: BackupVolumeInfo[];
  type?: BackupType;
}

export interface BackupVolumeInfo {
  dataEndpoint?: string;
  mapEndpoint?: string;
  volumeName: string;
}

export interface BackupCheckpoint {
  creationTime?: Time;
  name?: string;
  /** @listType atomic */
  volumes?: BackupVolumeInfo[];
}

export interface VirtualMachineBackupTracker {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineBackupTrackerSpec;
  status?: VirtualMachineBackupTrackerStatus;
}

export interface VirtualMachineBackupTrackerSpec {
  /** @mapType atomic */
  source: TypedLocalObjectReference;
}

export interface VirtualMachineBackupTrackerStatus {
  checkpointRedefinitionRequired?: boolean;
  latestCheckpoint?: BackupCheckpoint;
}

export interface BackupOptions {
  backupCert?: string;
  backupKey?: string;
  backupName?: string;
  backupStartTime?: Time;
  caCert?: string;
  cmd?: BackupCmd;
  exportServerAddr?: string;
  exportServerName?: string;
  incremental?: string;
  mode?: BackupMode;
  skipQuiesce?: boolean;
  targetPath?: string;
}
