import type { Condition } from './conditions.ts';
import type { TypedLocalObjectReference } from './core/references.ts';
import type { ObjectMeta } from './meta.ts';
import type { Time } from './scalars.ts';

/** What a restore does while its target runs. */
export type TargetReadinessPolicy = 'StopTarget' | 'WaitGracePeriod' | 'FailImmediate' | 'WaitEventually';

/** What restored volumes are deleted with. */
export type VolumeOwnershipPolicy = 'Vm' | 'None';

/** Names of restored volumes. */
export type VolumeRestorePolicy = 'RandomizeNames' | 'InPlace' | 'PrefixTargetName';

/** Brings a machine back to a snapshot, or makes a new one from it. */
export interface VirtualMachineRestore {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** Which snapshot, and which machine. */
  spec: VirtualMachineRestoreSpec;
  /** How far it is. */
  status?: VirtualMachineRestoreStatus;
}

/** Which snapshot is restored, and to which machine. */
export interface VirtualMachineRestoreSpec {
  /**
   * JSON patches, as text, of the machine that is made.
   * @listType atomic
   */
  patches?: string[];
  /** The machine, in the same namespace; a new one is made where there is none. */
  target: TypedLocalObjectReference;
  /**
   * While the machine runs: `StopTarget` stops it, `WaitGracePeriod` waits five minutes, `WaitEventually` waits for
   * ever, `FailImmediate` fails.
   * @default "WaitGracePeriod"
   * @enforced
   */
  targetReadinessPolicy?: TargetReadinessPolicy;
  /** VirtualMachineSnapshot in the same namespace. */
  virtualMachineSnapshotName: string;
  /** Whether restored volumes are deleted with the machine (`Vm`) or by nobody (`None`). Default: `Vm`. */
  volumeOwnershipPolicy?: VolumeOwnershipPolicy;
  /**
   * Other names, labels and annotations for single volumes.
   * @listType atomic
   */
  volumeRestoreOverrides?: VolumeRestoreOverride[];
  /**
   * `RandomizeNames` makes new names, `InPlace` replaces the volumes, `PrefixTargetName` puts the machine's name before
   * them. Default: `RandomizeNames`.
   */
  volumeRestorePolicy?: VolumeRestorePolicy;
}

/** How far a restore is. */
export interface VirtualMachineRestoreStatus {
  /** Whether it is done. */
  complete?: boolean;
  /**
   * Conditions of the restore.
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /**
   * DataVolumes that were replaced and deleted.
   * @listType set
   */
  deletedDataVolumes?: string[];
  /** When it was done. */
  restoreTime?: Time;
  /**
   * Volumes that are restored.
   * @listType atomic
   */
  restores?: VolumeRestore[];
}

/** A volume that is restored. */
export interface VolumeRestore {
  /** DataVolume that holds it. */
  dataVolumeName?: string;
  /** PersistentVolumeClaim that holds it. */
  persistentVolumeClaim: string;
  /** Name of the volume in the machine. */
  volumeName: string;
  /** VolumeSnapshot it comes from. */
  volumeSnapshotName: string;
}

/** Other names, labels and annotations for a restored volume. */
export interface VolumeRestoreOverride {
  /** Annotations that are added. */
  annotations?: Record<string, string>;
  /** Labels that are added. */
  labels?: Record<string, string>;
  /** Name of the claim that is made. */
  restoreName?: string;
  /** Name of the volume in the snapshot. */
  volumeName?: string;
}
