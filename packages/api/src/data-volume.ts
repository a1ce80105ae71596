import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeMode,
  VolumeResourceRequirements,
} from './core/persistent-volume-claim.ts';
import type { TypedLocalObjectReference, TypedObjectReference } from './core/references.ts';
import type { LabelSelector, ObjectMeta } from './meta.ts';
import type { EmptyObject } from './scalars.ts';

/** What a DataVolume's source holds. */
export type DataVolumeContentType = 'kubevirt' | 'archive';

/** A DataVolume that is made with the VM and deleted with it. */
export interface DataVolumeTemplateSpec {
  /** Version of CDI's API. Default: `cdi.kubevirt.io/v1beta1`. */
  apiVersion?: string;
  /** Always `DataVolume`. */
  kind?: string;
  /**
   * Name, labels and annotations of the DataVolume; the name is needed.
   * @nullable
   * @preserveUnknownFields
   */
  metadata?: ObjectMeta;
  /** What fills the volume, and how large it is. */
  spec: DataVolumeSpec;
  /**
   * Not used; it is here so that objects written by older tools are accepted.
   * @nullable
   */
  status?: EmptyObject;
}

/** A volume and what fills it. One of `source` and `sourceRef`, and one of `pvc` and `storage`, is set. */
export interface DataVolumeSpec {
  /** Snapshots that a multi-stage import goes through, oldest first. */
  checkpoints?: DataVolumeCheckpoint[];
  /**
   * `kubevirt` for a disk image, `archive` for a tar of files. Default: `kubevirt`.
   * @enforced
   */
  contentType?: DataVolumeContentType;
  /** Whether the last of `checkpoints` ends the import. Default: false. */
  finalCheckpoint?: boolean;
  /** Whether all space is taken at once. Default: as CDI is configured. */
  preallocation?: boolean;
  /** PriorityClass of the pods that fill the volume. */
  priorityClassName?: string;
  /** The PersistentVolumeClaim, written out. */
  pvc?: PersistentVolumeClaimSpec;
  /** What fills the volume. */
  source?: DataVolumeImportSource;
  /** An object that says what fills the volume. */
  sourceRef?: DataVolumeSourceRef;
  /** The PersistentVolumeClaim; what is left out follows from the storage class. */
  storage?: StorageSpec;
}

/** One stage of a multi-stage import. */
export interface DataVolumeCheckpoint {
  /** Snapshot that this stage ends at. */
  current: string;
  /** Snapshot that this stage starts from; empty for the first. */
  previous: string;
}

/** What fills a volume. One of the members is set. */
export interface DataVolumeImportSource {
  /** An empty disk image. */
  blank?: EmptyObject;
  /** An object in Google Cloud Storage. */
  gcs?: DataVolumeSourceGCS;
  /** A file by HTTP. */
  http?: DataVolumeSourceHTTP;
  /** A disk of oVirt. */
  imageio?: DataVolumeSourceImageIO;
  /** A copy of another volume. */
  pvc?: DataVolumeSourcePVC;
  /** A disk image inside a container image. */
  registry?: DataVolumeSourceRegistry;
  /** An object in S3. */
  s3?: DataVolumeSourceS3;
  /** A volume snapshot. */
  snapshot?: DataVolumeSourceSnapshot;
  /** What a client uploads. */
  upload?: EmptyObject;
  /** A disk of VMware. */
  vddk?: DataVolumeSourceVDDK;
}

/** An object in Google Cloud Storage. */
export interface DataVolumeSourceGCS {
  /** Secret with the credentials. */
  secretRef?: string;
  /** URL of the object. */
  url: string;
}

/** A file by HTTP. */
export interface DataVolumeSourceHTTP {
  /** ConfigMap with the CA certificates of the server. */
  certConfigMap?: string;
  /** Headers that are sent with the request. */
  extraHeaders?: string[];
  /** Secrets whose values are sent as headers. */
  secretExtraHeaders?: string[];
  /** Secret with user name and password. */
  secretRef?: string;
  /** URL of the file. */
  url: string;
}

/** A disk of oVirt. */
export interface DataVolumeSourceImageIO {
  /** ConfigMap with the CA certificates of the server. */
  certConfigMap?: string;
  /** Id of the disk. */
  diskId: string;
  /** Leaves the server's certificate unchecked. Default: false. */
  insecureSkipVerify?: boolean;
  /** Secret with the credentials. */
  secretRef?: string;
  /** URL of the oVirt engine's API. */
  url: string;
}

/** A volume that is copied. */
export interface DataVolumeSourcePVC {
  /** Name of the PersistentVolumeClaim. */
  name: string;
  /** Its namespace. */
  namespace: string;
}

/** An object that says what fills the volume. */
export interface DataVolumeSourceRef {
  /** Kind of the object; `DataSource`. */
  kind: string;
  /** Name of the object. */
  name: string;
  /** Its namespace. Default: that of the VM. */
  namespace?: string;
}

/** A disk image inside a container image. One of `url` and `imageStream` is set. */
export interface DataVolumeSourceRegistry {
  /** ConfigMap with the CA certificates of the registry. */
  certConfigMap?: string;
  /** Name of an OpenShift image stream. */
  imageStream?: string;
  /** Platform of a multi-platform image. */
  platform?: PlatformOptions;
  /** `pod` downloads in the importer pod, `node` lets the node's runtime pull. Default: `pod`. */
  pullMethod?: string;
  /** Secret with the credentials. */
  secretRef?: string;
  /** URL of the image, `docker://` or `oci-archive://`. */
  url?: string;
}

/** An object in S3. */
export interface DataVolumeSourceS3 {
  /** ConfigMap with the CA certificates of the server. */
  certConfigMap?: string;
  /** Secret with the credentials. */
  secretRef?: string;
  /** URL of the object. */
  url: string;
}

/** A volume snapshot. */
export interface DataVolumeSourceSnapshot {
  /** Name of the VolumeSnapshot. */
  name: string;
  /** Its namespace. */
  namespace: string;
}

/** A disk of VMware. */
export interface DataVolumeSourceVDDK {
  /** Path of the disk in the datastore. */
  backingFile?: string;
  /** ConfigMap with further arguments of the VDDK library. */
  extraArgs?: string;
  /** Container image that holds the VDDK library. Default: as CDI is configured. */
  initImageURL?: string;
  /** Secret with the credentials. */
  secretRef?: string;
  /** Fingerprint of the server's certificate. */
  thumbprint?: string;
  /** URL of vCenter or of the ESXi host. */
  url?: string;
  /** UUID of the machine that the disk belongs to. */
  uuid?: string;
}

/** Platform of an image. */
export interface PlatformOptions {
  /** CPU architecture of the image. */
  architecture?: string;
}

/** A PersistentVolumeClaim whose missing parts follow from the storage class. */
export interface StorageSpec {
  /** How the volume may be mounted. Default: the best that the storage class offers. */
  accessModes?: string[];
  /** Snapshot or volume that the claim starts as a copy of. */
  dataSource?: TypedLocalObjectReference;
  /** Object that the claim is filled from, which may be in another namespace. */
  dataSourceRef?: TypedObjectReference;
  /** Size of the volume. */
  resources?: VolumeResourceRequirements;
  /** Labels that a volume must have to be bound. */
  selector?: LabelSelector;
  /** StorageClass of the volume. Default: the cluster's default for VMs, or else its default. */
  storageClassName?: string;
  /** `Filesystem` or `Block`. Default: the best that the storage class offers. */
  volumeMode?: PersistentVolumeMode;
  /** PersistentVolume that the claim is bound to. */
  volumeName?: string;
}
