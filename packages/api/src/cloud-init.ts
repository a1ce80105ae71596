import type { LocalObjectReference } from './core/references.ts';

/** Cloud-init data in the NoCloud layout. At most one source of user data and one of network data is set. */
export interface CloudInitNoCloudSource {
  /** Network configuration as text. */
  networkData?: string;
  /** Network configuration, Base64. */
  networkDataBase64?: string;
  /** Secret whose key `networkdata` holds the network configuration. */
  networkDataSecretRef?: LocalObjectReference;
  /** Secret whose key `userdata` holds the user data. */
  secretRef?: LocalObjectReference;
  /** User data as text, at most 2048 bytes. */
  userData?: string;
  /** User data, Base64, at most 2048 bytes. */
  userDataBase64?: string;
}

/** Cloud-init data in the ConfigDrive layout. At most one source of user data and one of network data is set. */
export interface CloudInitConfigDriveSource {
  /** Network configuration as text. */
  networkData?: string;
  /** Network configuration, Base64. */
  networkDataBase64?: string;
  /** Secret whose key `networkdata` holds the network configuration. */
  networkDataSecretRef?: LocalObjectReference;
  /** Secret whose key `userdata` holds the user data. */
  secretRef?: LocalObjectReference;
  /** User data as text, at most 2048 bytes. */
  userData?: string;
  /** User data, Base64, at most 2048 bytes. */
  userDataBase64?: string;
}
