import type { SignerRule } from './signers.ts';

/** What a PKCS #10 request asks for. */
export interface RequestedCertificate {
  readonly commonName: string;
  /** Types of subject attributes beside one common name. */
  readonly otherSubjectFields: readonly string[];
  readonly dnsNames: readonly string[];
  /** Alternative names that are no DNS names, as `type:value`. */
  readonly otherNames: readonly string[];
  /** Whether the request proves possession of the key. */
  readonly signatureValid: boolean;
  readonly keyAllowed: boolean;
}

/** What the certificate says. */
export interface LeafSubject {
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  readonly extendedKeyUsage: SignerRule['extendedKeyUsage'];
  /** As asked for; undefined leaves it to the CA. */
  readonly durationMs: number | undefined;
}
