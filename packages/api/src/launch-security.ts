import type { EmptyObject } from './scalars.ts';

export interface LaunchSecurity {
  sev?: SEV;
  snp?: EmptyObject;
  tdx?: EmptyObject;
}

export interface SEV {
  attestation?: EmptyObject;
  dhCert?: string;
  policy?: SEVPolicy;
  session?: string;
}

export interface SEVPolicy {
  encryptedState?: boolean;
}
