import type { Condition } from './conditions.ts';
import type { TypedLocalObjectReference } from './core/references.ts';
import type { ObjectMeta } from './meta.ts';
import type { VirtualMachineExportPhase } from './phases.ts';
import type { Duration, Time } from './scalars.ts';

export type ExportBackupEndpoint = 'data' | 'map';

export type ExportManifestType = 'all' | 'auth-header-secret' | 'oci';

export type ExportVolumeFormat = 'raw' | 'gzip' | 'dir' | 'tar.gz';

export interface VirtualMachineExport {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineExportSpec;
  status?: VirtualMachineExportStatus;
}

export interface VirtualMachineExportBackup {
  /**
   * @listType map
   * @listMapKey endpoint
   */
  endpoints?: VirtualMachineExportBackupEndpoint[];
  name: string;
}

export interface VirtualMachineExportBackupEndpoint {
  endpoint: ExportBackupEndpoint;
  url: string;
}

export interface VirtualMachineExportLink {
  /**
   * @listType map
   * @listMapKey name
   */
  backups?: VirtualMachineExportBackup[];
  cert: string;
  /**
   * @listType map
   * @listMapKey type
   */
  manifests?: VirtualMachineExportManifest[];
  /**
   * @listType map
   * @listMapKey name
   */
  volumes?: VirtualMachineExportVolume[];
}

export interface VirtualMachineExportLinks {
  external?: VirtualMachineExportLink;
  internal?: VirtualMachineExportLink;
}

export interface VirtualMachineExportManifest {
  type: ExportManifestType;
  url: string;
}

export interface VirtualMachineExportSpec {
  /** @mapType atomic */
  source: TypedLocalObjectReference;
  tokenSecretRef?: string;
  ttlDuration?: Duration;
}

export interface VirtualMachineExportStatus {
  /** @listType atomic */
  conditions?: Condition[];
  links?: VirtualMachineExportLinks;
  phase?: VirtualMachineExportPhase;
  serviceName?: string;
  tokenSecretRef?: string;
  ttlExpirationTime?: Time;
  virtualMachineName?: string;
}

export interface VirtualMachineExportVolume {
  /**
   * @listType map
   * @listMapKey format
   */
  formats?: VirtualMachineExportVolumeFormat[];
  name: string;
}

export interface VirtualMachineExportVolumeFormat {
  format: ExportVolumeFormat;
  url: string;
}
