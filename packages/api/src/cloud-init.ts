import type { LocalObjectReference } from './core/references.ts';

export interface CloudInitNoCloudSource {
  networkData?: string;
  networkDataBase64?: string;
  networkDataSecretRef?: LocalObjectReference;
  secretRef?: LocalObjectReference;
  userData?: string;
  userDataBase64?: string;
}

export interface CloudInitConfigDriveSource {
  networkData?: string;
  networkDataBase64?: string;
  networkDataSecretRef?: LocalObjectReference;
  secretRef?: LocalObjectReference;
  userData?: string;
  userDataBase64?: string;
}
