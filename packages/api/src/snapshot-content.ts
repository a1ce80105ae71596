import type { PersistentVolumeClaimSpec } from './core/persistent-volume-claim.ts';
import type { ObjectMeta } from './meta.ts';
import type { Time } from './scalars.ts';
import type { SnapshotError } from './snapshot.ts';
import type { VirtualMachineSpec, VirtualMachineStatus } from './vm.ts';

export interface VirtualMachineSnapshotContent {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineSnapshotContentSpec;
  status?: VirtualMachineSnapshotContentStatus;
}

export interface VirtualMachineSnapshotContentSpec {
  source: SnapshotContentSource;
  virtualMachineSnapshotName?: string;
  /** @listType atomic */
  volumeBackups?: VolumeBackup[];
}

export interface VirtualMachineSnapshotContentStatus {
  /** @nullable */
  creationTime?: Time;
  error?: SnapshotError;
  readyToUse?: boolean;
  /** @listType atomic */
  volumeSnapshotStatus?: SnapshotContentVolumeStatus[];
}

export interface SnapshotContentSource {
  virtualMachine?: SnapshotVirtualMachine;
}

export interface SnapshotVirtualMachine {
  /**
   * @nullable
   * @preserveUnknownFields
   */
  metadata?: ObjectMeta;
  spec?: VirtualMachineSpec;
  status?: VirtualMachineStatus;
}

export interface SnapshotPersistentVolumeClaim {
  /** @preserveUnknownFields */
  metadata?: ObjectMeta;
  spec?: PersistentVolumeClaimSpec;
}

export interface VolumeBackup {
  persistentVolumeClaim: SnapshotPersistentVolumeClaim;
  volumeName: string;
  volumeSnapshotName?: string;
}

export interface SnapshotContentVolumeStatus {
  /** @nullable */
  creationTime?: Time;
  error?: SnapshotError;
  readyToUse?: boolean;
  volumeSnapshotName: string;
}
