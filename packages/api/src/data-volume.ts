import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeMode,
  VolumeResourceRequirements,
} from './core/persistent-volume-claim.ts';
import type { TypedLocalObjectReference, TypedObjectReference } from './core/references.ts';
import type { LabelSelector, ObjectMeta } from './meta.ts';
import type { EmptyObject } from './scalars.ts';

export type DataVolumeContentType = 'kubevirt' | 'archive';

export interface DataVolumeTemplateSpec {
  apiVersion?: string;
  kind?: string;
  /**
   * @nullable
   * @preserveUnknownFields
   */
  metadata?: ObjectMeta;
  spec: DataVolumeSpec;
  /** @nullable */
  status?: EmptyObject;
}

export interface DataVolumeSpec {
  checkpoints?: DataVolumeCheckpoint[];
  /** @enforced */
  contentType?: DataVolumeContentType;
  finalCheckpoint?: boolean;
  preallocation?: boolean;
  priorityClassName?: string;
  pvc?: PersistentVolumeClaimSpec;
  source?: DataVolumeImportSource;
  sourceRef?: DataVolumeSourceRef;
  storage?: StorageSpec;
}

export interface DataVolumeCheckpoint {
  current: string;
  previous: string;
}

export interface DataVolumeImportSource {
  blank?: EmptyObject;
  gcs?: DataVolumeSourceGCS;
  http?: DataVolumeSourceHTTP;
  imageio?: DataVolumeSourceImageIO;
  pvc?: DataVolumeSourcePVC;
  registry?: DataVolumeSourceRegistry;
  s3?: DataVolumeSourceS3;
  snapshot?: DataVolumeSourceSnapshot;
  upload?: EmptyObject;
  vddk?: DataVolumeSourceVDDK;
}

export interface DataVolumeSourceGCS {
  secretRef?: string;
  url: string;
}

export interface DataVolumeSourceHTTP {
  certConfigMap?: string;
  extraHeaders?: string[];
  secretExtraHeaders?: string[];
  secretRef?: string;
  url: string;
}

export interface DataVolumeSourceImageIO {
  certConfigMap?: string;
  diskId: string;
  insecureSkipVerify?: boolean;
  secretRef?: string;
  url: string;
}

export interface DataVolumeSourcePVC {
  name: string;
  namespace: string;
}

export interface DataVolumeSourceRef {
  kind: string;
  name: string;
  namespace?: string;
}

export interface DataVolumeSourceRegistry {
  certConfigMap?: string;
  imageStream?: string;
  platform?: PlatformOptions;
  pullMethod?: string;
  secretRef?: string;
  url?: string;
}

export interface DataVolumeSourceS3 {
  certConfigMap?: string;
  secretRef?: string;
  url: string;
}

export interface DataVolumeSourceSnapshot {
  name: string;
  namespace: string;
}

export interface DataVolumeSourceVDDK {
  backingFile?: string;
  extraArgs?: string;
  initImageURL?: string;
  secretRef?: string;
  thumbprint?: string;
  url?: string;
  uuid?: string;
}

export interface PlatformOptions {
  architecture?: string;
}

export interface StorageSpec {
  accessModes?: string[];
  dataSource?: TypedLocalObjectReference;
  dataSourceRef?: TypedObjectReference;
  resources?: VolumeResourceRequirements;
  selector?: LabelSelector;
  storageClassName?: string;
  volumeMode?: PersistentVolumeMode;
  volumeName?: string;
}
