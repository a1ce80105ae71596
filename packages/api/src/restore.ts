import type { Condition } from './conditions.ts';
import type { TypedLocalObjectReference } from './core/references.ts';
import type { ObjectMeta } from './meta.ts';
import type { Time } from './scalars.ts';

export type TargetReadinessPolicy = 'StopTarget' | 'WaitGracePeriod' | 'FailImmediate' | 'WaitEventually';

export type VolumeOwnershipPolicy = 'Vm' | 'None';

export type VolumeRestorePolicy = 'RandomizeNames' | 'InPlace' | 'PrefixTargetName';

export interface VirtualMachineRestore {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineRestoreSpec;
  status?: VirtualMachineRestoreStatus;
}

export interface VirtualMachineRestoreSpec {
  /** @listType atomic */
  patches?: string[];
  target: TypedLocalObjectReference;
  /**
   * @default "WaitGracePeriod"
   * @enforced
   */
  targetReadinessPolicy?: TargetReadinessPolicy;
  virtualMachineSnapshotName: string;
  volumeOwnershipPolicy?: VolumeOwnershipPolicy;
  /** @listType atomic */
  volumeRestoreOverrides?: VolumeRestoreOverride[];
  volumeRestorePolicy?: VolumeRestorePolicy;
}

export interface VirtualMachineRestoreStatus {
  complete?: boolean;
  /**
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /** @listType set */
  deletedDataVolumes?: string[];
  restoreTime?: Time;
  /** @listType atomic */
  restores?: VolumeRestore[];
}

export interface VolumeRestore {
  dataVolumeName?: string;
  persistentVolumeClaim: string;
  volumeName: string;
  volumeSnapshotName: string;
}

export interface VolumeRestoreOverride {
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  restoreName?: string;
  volumeName?: string;
}
