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
   * @listMapKeys endpoint
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
   * @listMapKeys name
   */
  backups?: VirtualMachineExportBackup[];
  cert: string;
  /**
   * @listType map
   * @listMapKeys type
   */
  manifests?: VirtualMachineExportManifest[];
  /**
   * @listType map
   * @listMapKeys name
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
  source: TypedLocalObjectReference;
  tokenSecretRef?: string;
  ttlDuration?: Duration;
}

export interface VirtualMachineExportStatus {
  /**
   * @listType map
   * @listMapKeys type
   */
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
   * @listMapKeys format
   */
  formats?: VirtualMachineExportVolumeFormat[];
  name: string;
}

export interface VirtualMachineExportVolumeFormat {
  format: ExportVolumeFormat;
  url: string;
}
