import type { CloudInitConfigDriveSource, CloudInitNoCloudSource } from './cloud-init.ts';
import type { CorePersistentVolumeClaimVolumeSource } from './core/persistent-volume-claim.ts';
import type { DownwardAPIVolumeFile, ImagePullPolicy, LocalObjectReference } from './core/references.ts';
import type { EmptyObject, Quantity } from './scalars.ts';

export type HostDiskType = 'Disk' | 'DiskOrCreate';

export type UtilityVolumeType = 'MemoryDump' | 'Backup';

export interface Volume {
  cloudInitConfigDrive?: CloudInitConfigDriveSource;
  cloudInitNoCloud?: CloudInitNoCloudSource;
  configMap?: ConfigMapVolumeSource;
  containerDisk?: ContainerDiskSource;
  containerPath?: ContainerPathVolumeSource;
  dataVolume?: DataVolumeSource;
  downwardAPI?: DownwardAPIVolumeSource;
  downwardMetrics?: EmptyObject;
  emptyDisk?: EmptyDiskSource;
  ephemeral?: EphemeralVolumeSource;
  hostDisk?: HostDisk;
  memoryDump?: MemoryDumpVolumeSource;
  name: string;
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource;
  secret?: SecretVolumeSource;
  serviceAccount?: ServiceAccountVolumeSource;
  sysprep?: SysprepSource;
}

/** @mapType atomic */
export interface ConfigMapVolumeSource {
  /** @default "" */
  name?: string;
  optional?: boolean;
  volumeLabel?: string;
}

export interface ContainerDiskSource {
  image: string;
  imagePullPolicy?: ImagePullPolicy;
  imagePullSecret?: string;
  path?: string;
}

export interface ContainerPathVolumeSource {
  /**
   * @maxLength 4096
   * @rules [
   *   {"rule": "self.startsWith('/')",
   *     "message": "must be an absolute path: begin it with /"},
   *   {"rule": "!self.matches('(^|/)[.][.](/|$)')",
   *     "message": "must not hold .. as a part"}
   * ]
   */
  path: string;
  /**
   * @default true
   * @rules [
   *   {"rule": "self",
   *     "message": "must be true: only reading is supported"}
   * ]
   */
  readOnly?: boolean;
}

export interface DataVolumeSource {
  hotpluggable?: boolean;
  name: string;
}

export interface DownwardAPIVolumeSource {
  fields?: DownwardAPIVolumeFile[];
  volumeLabel?: string;
}

export interface EmptyDiskSource {
  capacity: Quantity;
}

export interface EphemeralVolumeSource {
  persistentVolumeClaim?: CorePersistentVolumeClaimVolumeSource;
}

export interface HostDisk {
  capacity?: Quantity;
  path: string;
  shared?: boolean;
  type: HostDiskType;
}

export interface HotplugVolumeSource {
  dataVolume?: DataVolumeSource;
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource;
}

export interface MemoryDumpVolumeSource {
  claimName: string;
  hotpluggable?: boolean;
  readOnly?: boolean;
}

export interface PersistentVolumeClaimVolumeSource {
  claimName: string;
  hotpluggable?: boolean;
  readOnly?: boolean;
}

export interface SecretVolumeSource {
  optional?: boolean;
  secretName?: string;
  volumeLabel?: string;
}

export interface ServiceAccountVolumeSource {
  serviceAccountName?: string;
}

export interface SysprepSource {
  configMap?: LocalObjectReference;
  secret?: LocalObjectReference;
}

export interface UtilityVolume {
  claimName: string;
  name: string;
  readOnly?: boolean;
  type?: UtilityVolumeType;
}
