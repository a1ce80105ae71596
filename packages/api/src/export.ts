import type { Condition } from './conditions.ts';
import type { TypedLocalObjectReference } from './core/references.ts';
import type { ObjectMeta } from './meta.ts';
import type { VirtualMachineExportPhase } from './phases.ts';
import type { Duration, Time } from './scalars.ts';

/** What of a backup is downloaded. */
export type ExportBackupEndpoint = 'data' | 'map';

/** What a manifest holds. */
export type ExportManifestType = 'all' | 'auth-header-secret' | 'oci';

/** Form in which a volume is downloaded. */
export type ExportVolumeFormat = 'raw' | 'gzip' | 'dir' | 'tar.gz';

/** Offers the volumes of a machine, snapshot, claim or backup for download. */
export interface VirtualMachineExport {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** What is offered. */
  spec: VirtualMachineExportSpec;
  /** Where it is offered. */
  status?: VirtualMachineExportStatus;
}

/** A backup that is offered. */
export interface VirtualMachineExportBackup {
  /**
   * What of it is offered.
   * @listType map
   * @listMapKeys endpoint
   */
  endpoints?: VirtualMachineExportBackupEndpoint[];
  /** Name of the volume. */
  name: string;
}

/** A part of a backup. */
export interface VirtualMachineExportBackupEndpoint {
  /** `data` for the blocks, `map` for which of them changed. */
  endpoint: ExportBackupEndpoint;
  /** Where it is downloaded. */
  url: string;
}

/** URLs and the certificate of the server. */
export interface VirtualMachineExportLink {
  /**
   * Backups.
   * @listType map
   * @listMapKeys name
   */
  backups?: VirtualMachineExportBackup[];
  /** CA certificates of the server, PEM. */
  cert: string;
  /**
   * Manifests of the machine.
   * @listType map
   * @listMapKeys type
   */
  manifests?: VirtualMachineExportManifest[];
  /**
   * Volumes.
   * @listType map
   * @listMapKeys name
   */
  volumes?: VirtualMachineExportVolume[];
}

/** URLs of an export. */
export interface VirtualMachineExportLinks {
  /** URLs that work from outside the cluster. */
  external?: VirtualMachineExportLink;
  /** URLs that work inside the cluster. */
  internal?: VirtualMachineExportLink;
}

/** Manifests. */
export interface VirtualMachineExportManifest {
  /** What they hold. */
  type: ExportManifestType;
  /** Where they are downloaded. */
  url: string;
}

/** What is offered for download. */
export interface VirtualMachineExportSpec {
  /** The machine, snapshot, claim or backup, in the same namespace. */
  source: TypedLocalObjectReference;
  /** Secret whose key `token` a download must show. Default: one is made. */
  tokenSecretRef?: string;
  /** Time after which the export is deleted. Default: `2h`. */
  ttlDuration?: Duration;
}

/** Where an export is offered. */
export interface VirtualMachineExportStatus {
  /**
   * Conditions of the export.
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /** URLs. */
  links?: VirtualMachineExportLinks;
  /** State of the export. */
  phase?: VirtualMachineExportPhase;
  /** Service that downloads go through. */
  serviceName?: string;
  /** Secret with the token. */
  tokenSecretRef?: string;
  /** When the export is deleted. */
  ttlExpirationTime?: Time;
  /** Machine that is exported. */
  virtualMachineName?: string;
}

/** A volume that is offered. */
export interface VirtualMachineExportVolume {
  /**
   * Forms it is offered in.
   * @listType map
   * @listMapKeys format
   */
  formats?: VirtualMachineExportVolumeFormat[];
  /** Name of the volume. */
  name: string;
}

/** A form of a volume. */
export interface VirtualMachineExportVolumeFormat {
  /** Which form. */
  format: ExportVolumeFormat;
  /** Where it is downloaded. */
  url: string;
}
