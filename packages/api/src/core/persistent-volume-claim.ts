import type { TypedLocalObjectReference, TypedObjectReference } from './references.ts';
import type { LabelSelector } from '../meta.ts';
import type { Quantity } from '../scalars.ts';

export type PersistentVolumeMode = 'Filesystem' | 'Block' | 'FromStorageProfile';

export interface PersistentVolumeClaimSpec {
  /** @listType atomic */
  accessModes?: string[];
  dataSource?: TypedLocalObjectReference;
  dataSourceRef?: TypedObjectReference;
  resources?: VolumeResourceRequirements;
  selector?: LabelSelector;
  storageClassName?: string;
  volumeAttributesClassName?: string;
  volumeMode?: PersistentVolumeMode;
  volumeName?: string;
}

export interface VolumeResourceRequirements {
  limits?: Record<string, Quantity>;
  requests?: Record<string, Quantity>;
}

export interface CorePersistentVolumeClaimVolumeSource {
  claimName: string;
  readOnly?: boolean;
}
