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
  /**
   * @rules [
   *   {"rule": "self == oldSelf",
   *     "message": "cannot be changed once a backup is made; make another backup"},
   *   {"rule": "(has(self.mode) && self.mode == 'Pull') || (has(self.pvcName) && self.pvcName != '')",
   *     "message": "pvcName says where a backup is pushed to; set it, or mode Pull"},
   *   {"rule": "!has(self.mode) || self.mode != 'Pull' || (has(self.tokenSecretRef) && self.tokenSecretRef != '')",
   *     "message": "tokenSecretRef names the Secret that guards a pulled backup; set it with mode Pull"}
   * ]
   */
  spec: VirtualMachineBackupSpec;
  status?: VirtualMachineBackupStatus;
}

export interface VirtualMachineBackupSpec {
  forceFullBackup?: boolean;
  /** @enforced */
  mode?: BackupMode;
  pvcName?: string;
  skipQuiesce?: boolean;
  /**
   * @rules [
   *   {"rule": "has(self.apiGroup)",
   *     "message": "apiGroup is needed: kubevirt.io for a VirtualMachine, backup.kubevirt.io for a VirtualMachineBackupTracker"},
   *   {"rule": "self.kind in ['VirtualMachine', 'VirtualMachineBackupTracker']",
   *     "message": "kind must be VirtualMachine or VirtualMachineBackupTracker"},
   *   {"rule": "!has(self.apiGroup) || self.apiGroup == (self.kind == 'VirtualMachine' ? 'kubevirt.io' : 'backup.kubevirt.io')",
   *     "message": "apiGroup must be the one of kind: kubevirt.io for a VirtualMachine, backup.kubevirt.io for a VirtualMachineBackupTracker"},
   *   {"rule": "self.name != ''",
   *     "message": "name must not be empty"}
   * ]
   */
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
  /**
   * @rules [
   *   {"rule": "self == oldSelf",
   *     "message": "cannot be changed; make another tracker"}
   * ]
   */
  spec: VirtualMachineBackupTrackerSpec;
  status?: VirtualMachineBackupTrackerStatus;
}

export interface VirtualMachineBackupTrackerSpec {
  /**
   * @rules [
   *   {"rule": "has(self.apiGroup) && self.apiGroup == 'kubevirt.io'",
   *     "message": "apiGroup must be kubevirt.io"},
   *   {"rule": "self.kind == 'VirtualMachine'",
   *     "message": "kind must be VirtualMachine"},
   *   {"rule": "self.name != ''",
   *     "message": "name must not be empty"}
   * ]
   */
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
