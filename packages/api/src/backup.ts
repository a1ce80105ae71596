import type { StrictCondition } from './conditions.ts';
import type { TypedLocalObjectReference } from './core/references.ts';
import type { ObjectMeta } from './meta.ts';
import type { Duration, Time } from './scalars.ts';

/** What is done about a backup. */
export type BackupCmd = 'Start' | 'Abort' | 'Export';

/** Whether a backup is written to a volume or offered for download. */
export type BackupMode = 'Push' | 'Pull';

/** Whether a backup holds all blocks or those that changed. */
export type BackupType = 'Full' | 'Incremental';

/** A backup of a running machine's volumes. */
export interface VirtualMachineBackup {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /**
   * Which machine, and where the backup goes.
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
  /** How far it is. */
  status?: VirtualMachineBackupStatus;
}

/** Which machine is backed up, and where to. It cannot be changed. */
export interface VirtualMachineBackupSpec {
  /** Takes all blocks even where an incremental backup is possible. Default: false. */
  forceFullBackup?: boolean;
  /**
   * `Push` writes to a volume, `Pull` offers the backup for download. Default: `Push`.
   * @enforced
   */
  mode?: BackupMode;
  /** PersistentVolumeClaim that a pushed backup is written to. */
  pvcName?: string;
  /** Leaves the guest's file systems unfrozen. Default: false. */
  skipQuiesce?: boolean;
  /**
   * The VirtualMachine, or a VirtualMachineBackupTracker for incremental backups, in the same namespace.
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
  /** Secret with the token that a download must show. */
  tokenSecretRef?: string;
  /** Time after which an offered backup is taken away. Default: `2h`. */
  ttlDuration?: Duration;
}

/** How far a backup is. */
export interface VirtualMachineBackupStatus {
  /** Checkpoint that the next incremental backup starts from. */
  checkpointName?: string;
  /**
   * Conditions of the backup.
   * @listType map
   * @listMapKeys type
   */
  conditions?: StrictCondition[];
  /** CA certificates of the server, PEM. */
  endpointCert?: string;
  /** UID of the export that offers the backup. */
  exportUID?: string;
  /**
   * Volumes it holds.
   * @listType atomic
   */
  includedVolumes?: BackupVolumeInfo[];
  /** Whether it holds all blocks or those that changed. */
  type?: BackupType;
}

/** A volume in a backup. */
export interface BackupVolumeInfo {
  /** URL of the blocks. */
  dataEndpoint?: string;
  /** URL of the list of blocks that changed. */
  mapEndpoint?: string;
  /** Name of the volume. */
  volumeName: string;
}

/** A moment that changes are counted from. */
export interface BackupCheckpoint {
  /** The moment. */
  creationTime?: Time;
  /** Name of the checkpoint. */
  name?: string;
  /**
   * Volumes it covers.
   * @listType atomic
   */
  volumes?: BackupVolumeInfo[];
}

/** Remembers the last checkpoint of a machine, so that backups can be incremental. */
export interface VirtualMachineBackupTracker {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /**
   * Which machine.
   * @rules [
   *   {"rule": "self == oldSelf",
   *     "message": "cannot be changed; make another tracker"}
   * ]
   */
  spec: VirtualMachineBackupTrackerSpec;
  /** What is remembered. */
  status?: VirtualMachineBackupTrackerStatus;
}

/** Which machine is tracked. It cannot be changed. */
export interface VirtualMachineBackupTrackerSpec {
  /**
   * The VirtualMachine, in the same namespace.
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

/** What is remembered. */
export interface VirtualMachineBackupTrackerStatus {
  /** Whether the checkpoint has to be made known to a restarted guest. */
  checkpointRedefinitionRequired?: boolean;
  /** The last checkpoint. */
  latestCheckpoint?: BackupCheckpoint;
}

/** A request to a launcher about a backup. */
export interface BackupOptions {
  /** Certificate that the launcher shows, PEM. */
  backupCert?: string;
  /** Key of that certificate, PEM. */
  backupKey?: string;
  /** Name of the backup. */
  backupName?: string;
  /** When it began. */
  backupStartTime?: Time;
  /** CA certificates that the other side is checked by, PEM. */
  caCert?: string;
  /** What is to be done. */
  cmd?: BackupCmd;
  /** Address of the server that offers the backup. */
  exportServerAddr?: string;
  /** Name that its certificate must have. */
  exportServerName?: string;
  /** Checkpoint to start from; unset for all blocks. */
  incremental?: string;
  /** Whether the backup is pushed or pulled. */
  mode?: BackupMode;
  /** Leaves the guest's file systems unfrozen. Default: false. */
  skipQuiesce?: boolean;
  /** Directory that a pushed backup is written to. */
  targetPath?: string;
}
