import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509';
import { certificateSigningRequests, Informer, type CertificateSigningRequest, type KubeClient } from '@quickvirt/kube';

cryptoProvider.set(webcrypto as unknown as Crypto);
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Stands in for virt-controller's CA in tests: approves and signs every CertificateSigningRequest as it was asked for. */
export class CsrSigner {
  readonly #authority: X509Certificate;
  readonly #key: CryptoKey;

  private constructor(authority: X509Certificate, key: CryptoKey) {
    this.#authority = authority;
    this.#key = key;
  }

  static async create(): Promise<CsrSigner> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const authority = await X509CertificateGenerator.createSelfSigned({
      ...validity(),
      name: 'CN=test-quickvirt-ca',
      keys,
      signingAlgorithm: algorithm,
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    return new CsrSigner(authority, keys.privateKey);
  }

  get caPem(): string {
    return this.#authority.toString('pem');
  }

  /** Signs what comes until aborted. */
  run(client: KubeClient, signal: AbortSignal): Promise<void> {
    const informer = new Informer(client, certificateSigningRequests);
    informer.subscribe((change) => {
      if (change.type === 'applied' && change.previous === undefined) void this.#serve(client, change.object);
    });
    return informer.run(signal);
  }

  async #serve(client: KubeClient, csr: CertificateSigningRequest): Promise<void> {
    const name = { name: csr.metadata.name ?? '' };
    const approved = { type: 'Approved', status: 'True', reason: 'Test', message: 'by the test' };
    const certificate = Buffer.from(await this.#sign(csr)).toString('base64');
    const merge = { kind: 'merge' } as const;
    await client.patch(
      certificateSigningRequests,
      name,
      { status: { conditions: [approved] } },
      { ...merge, subresource: 'approval' },
    );
    await client.patch(
      certificateSigningRequests,
      name,
      { status: { certificate } },
      { ...merge, subresource: 'status' },
    );
  }

  async #sign({ spec }: CertificateSigningRequest): Promise<string> {
    const request = new Pkcs10CertificateRequest(Buffer.from(spec.request, 'base64').toString('utf8'));
    return this.issue({
      subject: request.subject,
      publicKey: request.publicKey,
      names: request.extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension),
    });
  }

  /** A leaf for any key. */
  async issue(leaf: {
    subject: string;
    publicKey: Parameters<typeof X509CertificateGenerator.create>[0] extends infer P
      ? P extends { publicKey: infer K }
        ? K
        : never
      : never;
    names?: SubjectAlternativeNameExtension;
  }): Promise<string> {
    const certificate = await X509CertificateGenerator.create({
      ...validity(),
      serialNumber: `40${randomBytes(8).toString('hex')}`,
      subject: leaf.subject,
      issuer: this.#authority.subject,
      publicKey: leaf.publicKey,
      signingKey: this.#key,
      signingAlgorithm: algorithm,
      extensions: [
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        ...(leaf.names ? [leaf.names] : []),
      ],
    });
    return certificate.toString('pem');
  }

  /** A leaf with a key of its own, for a server of the test. */
  async serverIdentity(commonName: string, dnsNames: string[]): Promise<{ keyPem: string; certificatePem: string }> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const names = new SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: 'dns' as const, value })));
    const certificatePem = await this.issue({ subject: `CN=${commonName}`, publicKey: keys.publicKey, names });
    const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
    return { certificatePem, keyPem: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n` };
  }
}

function validity(): { notBefore: Date; notAfter: Date } {
  const nowMs = Date.now();
  return { notBefore: new Date(nowMs - 3_600_000), notAfter: new Date(nowMs + 24 * 3_600_000) };
}
