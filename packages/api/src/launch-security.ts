import type { EmptyObject } from './scalars.ts';

/** Memory encryption by the CPU. One of the members is set. */
export interface LaunchSecurity {
  /** AMD SEV: the guest's memory is encrypted. */
  sev?: SEV;
  /** AMD SEV-SNP: memory is encrypted and its integrity is guarded. */
  snp?: EmptyObject;
  /** Intel TDX: the guest runs in a trust domain. */
  tdx?: EmptyObject;
}

/** AMD SEV. */
export interface SEV {
  /** Starts the guest paused, so that its owner can check the launch measurement before secrets are injected. */
  attestation?: EmptyObject;
  /** Owner's Diffie-Hellman certificate, Base64. */
  dhCert?: string;
  /** What the platform must guarantee. */
  policy?: SEVPolicy;
  /** Owner's session blob, Base64. */
  session?: string;
}

/** Policy flags of AMD SEV. */
export interface SEVPolicy {
  /** Also encrypts the CPU registers (SEV-ES). Default: false. */
  encryptedState?: boolean;
}
