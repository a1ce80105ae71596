import type { CloudInitConfigDriveSource, CloudInitNoCloudSource } from './cloud-init.ts';
import type { CorePersistentVolumeClaimVolumeSource } from './core/persistent-volume-claim.ts';
import type { DownwardAPIVolumeFile, ImagePullPolicy, LocalObjectReference } from './core/references.ts';
import type { EmptyObject, Quantity } from './scalars.ts';

/** Whether a missing image is made. */
export type HostDiskType = 'Disk' | 'DiskOrCreate';

/** What a utility volume is for. */
export type UtilityVolumeType = 'MemoryDump' | 'Backup';

/** The source of a disk's or file system's data. Exactly one source is set. */
export interface Volume {
  /** A cloud-init data source in the ConfigDrive layout. */
  cloudInitConfigDrive?: CloudInitConfigDriveSource;
  /** A cloud-init data source in the NoCloud layout. */
  cloudInitNoCloud?: CloudInitNoCloudSource;
  /** A ConfigMap of the same namespace, as a read-only disk or file system. */
  configMap?: ConfigMapVolumeSource;
  /** A disk image inside a container image; what the guest writes is lost when it stops. */
  containerDisk?: ContainerDiskSource;
  /** A directory of the launcher container, shared by virtiofs. */
  containerPath?: ContainerPathVolumeSource;
  /** The volume that a DataVolume makes and fills; the guest waits until it is ready. */
  dataVolume?: DataVolumeSource;
  /** Facts of the VMI as files on a read-only disk. */
  downwardAPI?: DownwardAPIVolumeSource;
  /** A small disk with metrics of the host. */
  downwardMetrics?: EmptyObject;
  /** A new empty disk that is lost when the guest stops. */
  emptyDisk?: EmptyDiskSource;
  /** A persistent volume as read-only base; what the guest writes is lost when it stops. */
  ephemeral?: EphemeralVolumeSource;
  /** A disk image on the node. */
  hostDisk?: HostDisk;
  /** A persistent volume that a memory dump of the guest is written to; attached by QuickVirt. */
  memoryDump?: MemoryDumpVolumeSource;
  /** Name of the volume, which a disk or file system refers to. */
  name: string;
  /** A persistent volume of the same namespace. */
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource;
  /** A Secret of the same namespace, as a read-only disk or file system. */
  secret?: SecretVolumeSource;
  /** The token of a service account, as a read-only disk. */
  serviceAccount?: ServiceAccountVolumeSource;
  /** An answer file for the set-up of Windows. */
  sysprep?: SysprepSource;
}

/**
 * A ConfigMap as a disk.
 * @mapType atomic
 */
export interface ConfigMapVolumeSource {
  /**
   * Name of the ConfigMap.
   * @default ""
   */
  name?: string;
  /** Whether the guest may start without the ConfigMap. Default: false. */
  optional?: boolean;
  /** Label of the file system that the guest sees. Default: `cfgdata`. */
  volumeLabel?: string;
}

/** A disk image inside a container image. */
export interface ContainerDiskSource {
  /** Reference of the container image. */
  image: string;
  /** When the image is pulled. Default: `Always` for the tag `latest` or none, else `IfNotPresent`. */
  imagePullPolicy?: ImagePullPolicy;
  /** Secret in the same namespace with the registry's credentials. */
  imagePullSecret?: string;
  /** Path of the disk image inside the container image. Default: the only file under `/disk`. */
  path?: string;
}

/** A directory of the launcher container. */
export interface ContainerPathVolumeSource {
  /**
   * Absolute path of the directory, without `..`; at most 4096 characters.
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
   * Whether the guest may only read, which is all that is supported. Default: true.
   * @default true
   * @rules [
   *   {"rule": "self",
   *     "message": "must be true: only reading is supported"}
   * ]
   */
  readOnly?: boolean;
}

/** The volume of a DataVolume. */
export interface DataVolumeSource {
  /** Whether the volume may be attached and detached while the guest runs. Default: false. */
  hotpluggable?: boolean;
  /** Name of the DataVolume in the same namespace. */
  name: string;
}

/** Facts of the VMI as files. */
export interface DownwardAPIVolumeSource {
  /** The files. */
  fields?: DownwardAPIVolumeFile[];
  /** Label of the file system that the guest sees. Default: `cfgdata`. */
  volumeLabel?: string;
}

/** A new empty disk. */
export interface EmptyDiskSource {
  /** Size of the disk; it takes space only as it is written. */
  capacity: Quantity;
}

/** A temporary layer over a persistent volume. */
export interface EphemeralVolumeSource {
  /** The volume that is read from. */
  persistentVolumeClaim?: CorePersistentVolumeClaimVolumeSource;
}

/** A disk image on the node. */
export interface HostDisk {
  /** Size of an image that is made. */
  capacity?: Quantity;
  /** Absolute path of the image on the node. */
  path: string;
  /** Whether all nodes see the same file, so that the guest can be migrated. Default: false. */
  shared?: boolean;
  /** `Disk` wants the image to be there, `DiskOrCreate` makes it where it is missing. */
  type: HostDiskType;
}

/** Source of a volume that is attached while the guest runs. One of the members is set. */
export interface HotplugVolumeSource {
  /** The volume of a DataVolume. */
  dataVolume?: DataVolumeSource;
  /** A persistent volume. */
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource;
}

/** A volume for a memory dump. */
export interface MemoryDumpVolumeSource {
  /** Name of the PersistentVolumeClaim in the same namespace. */
  claimName: string;
  /** Whether the volume may be attached and detached while the guest runs. Default: false. */
  hotpluggable?: boolean;
  /** Whether it may only be read. Default: false. */
  readOnly?: boolean;
}

/** A persistent volume. */
export interface PersistentVolumeClaimVolumeSource {
  /** Name of the PersistentVolumeClaim in the same namespace. */
  claimName: string;
  /** Whether the volume may be attached and detached while the guest runs. Default: false. */
  hotpluggable?: boolean;
  /** Whether it may only be read. Default: false. */
  readOnly?: boolean;
}

/** A Secret as a disk. */
export interface SecretVolumeSource {
  /** Whether the guest may start without the Secret. Default: false. */
  optional?: boolean;
  /** Name of the Secret. */
  secretName?: string;
  /** Label of the file system that the guest sees. Default: `cfgdata`. */
  volumeLabel?: string;
}

/** A service account's token as a disk. */
export interface ServiceAccountVolumeSource {
  /** Name of the service account; the launcher pod runs under it. */
  serviceAccountName?: string;
}

/** An answer file. One of the members is set. */
export interface SysprepSource {
  /** ConfigMap that holds `autounattend.xml` or `unattend.xml`. */
  configMap?: LocalObjectReference;
  /** Secret that holds `autounattend.xml` or `unattend.xml`. */
  secret?: LocalObjectReference;
}

/** A volume for QuickVirt's own work on a running guest. */
export interface UtilityVolume {
  /** Name of the PersistentVolumeClaim in the same namespace. */
  claimName: string;
  /** Name of the volume in this VMI. */
  name: string;
  /** Whether it may only be read. Default: false. */
  readOnly?: boolean;
  /** What the volume is for. */
  type?: UtilityVolumeType;
}
