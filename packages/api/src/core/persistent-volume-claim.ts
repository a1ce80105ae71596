import type { TypedLocalObjectReference, TypedObjectReference } from './references.ts';
import type { LabelSelector } from '../meta.ts';
import type { Quantity } from '../scalars.ts';

/** Whether a volume holds files or is a raw device. */
export type PersistentVolumeMode = 'Filesystem' | 'Block' | 'FromStorageProfile';

/** A claim for storage. */
export interface PersistentVolumeClaimSpec {
  /**
   * How the volume may be mounted.
   * @listType atomic
   */
  accessModes?: string[];
  /** Snapshot or volume that the claim starts as a copy of. */
  dataSource?: TypedLocalObjectReference;
  /** Object that the claim is filled from, which may be in another namespace. */
  dataSourceRef?: TypedObjectReference;
  /** Size of the volume. */
  resources?: VolumeResourceRequirements;
  /** Labels that a volume must have to be bound. */
  selector?: LabelSelector;
  /** StorageClass of the volume. Default: the cluster's default class. */
  storageClassName?: string;
  /** VolumeAttributesClass, which sets properties that can change later. */
  volumeAttributesClassName?: string;
  /** `Filesystem` or `Block`. Default: `Filesystem`. */
  volumeMode?: PersistentVolumeMode;
  /** PersistentVolume that the claim is bound to. */
  volumeName?: string;
}

/** Size of a volume. */
export interface VolumeResourceRequirements {
  /** Largest size. */
  limits?: Record<string, Quantity>;
  /** Smallest size. */
  requests?: Record<string, Quantity>;
}

/** A persistent volume. */
export interface CorePersistentVolumeClaimVolumeSource {
  /** Name of the PersistentVolumeClaim in the same namespace. */
  claimName: string;
  /** Whether it may only be read. Default: false. */
  readOnly?: boolean;
}
