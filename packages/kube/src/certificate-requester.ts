import type { Logger } from '@quickvirt/telemetry';
import type { Clock } from './clock.ts';
import type { KubeClient } from './client.ts';

export interface CertificateRequesterOptions {
  /** `spec.signerName`, for example `example.io/serving`. */
  signerName: string;
  commonName: string;
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
  /** `spec.usages`. */
  usages: readonly ('digital signature' | 'key encipherment' | 'server auth' | 'client auth')[];
  /** Prefix of the CSR object's name; random characters follow. */
  namePrefix: string;
  /** `spec.expirationSeconds`, at least 600. Left out: the signer's choice. */
  expirationSeconds?: number;
  logger: Logger;
  clock?: Clock;
}

/** A leaf certificate and its key. */
export interface IssuedCertificate {
  /** PKCS #8, never written anywhere. */
  keyPem: string;
  /** Leaf first, then what the signer added. */
  certificatePem: string;
  notBefore: Date;
  notAfter: Date;
}

/** Gets a certificate by CertificateSigningRequest and renews it at 2/3 of its life. */
export class CertificateRequester {
  constructor(_client: KubeClient, _options: CertificateRequesterOptions) {}

  /** The certificate in force, once one was issued. */
  get current(): IssuedCertificate | undefined {
    throw new Error('not landed yet');
  }

  /** Resolves with the first certificate. */
  issued(): Promise<IssuedCertificate> {
    throw new Error('not landed yet');
  }

  /** Calls `listener` with each new certificate; the answer ends that. */
  subscribe(_listener: (certificate: IssuedCertificate) => void): () => void {
    throw new Error('not landed yet');
  }

  /** Requests and renews until aborted; failures are logged and tried again with back-off. */
  run(_signal: AbortSignal): Promise<void> {
    throw new Error('not landed yet');
  }
}
