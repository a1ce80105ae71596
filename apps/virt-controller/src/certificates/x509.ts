// x509 looks for reflect's metadata when it is loaded.
import 'reflect-metadata';
import { webcrypto, X509Certificate as NodeCertificate } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { LeafSubject, RequestedCertificate } from './certificate-subjects.ts';
import { BACKDATE_MS } from './rotation.ts';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const COMMON_NAME_OID = '2.5.4.3';
const SUBJECT_ALTERNATIVE_NAME_OID = '2.5.29.17';
/** A request is one key and a few names: what is larger is none of ours. */
const MAX_REQUEST_BYTES = 16_384;
const MIN_RSA_BITS = 2048;

/** A CA's certificate and key, PEM; the key is PKCS #8. */
export interface AuthorityKeys {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A self-signed CA that is good from `now`, a little backdated, for `durationMs`. */
export async function makeAuthority(now: Date, durationMs: number): Promise<AuthorityKeys> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [`quickvirt-ca@${Math.floor(now.getTime() / 1000)}`] }],
    keys,
    signingAlgorithm: P256,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + durationMs),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.digitalSignature, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    keyPem: `${PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
  };
}

/**
 * Signs a leaf with the CA. It never outlives the CA.
 * @returns the certificate, PEM.
 */
export async function signLeaf(
  requestPem: string,
  leaf: LeafSubject,
  { authority, now, durationMs }: { authority: AuthorityKeys; now: Date; durationMs: number },
): Promise<string> {
  const issuer = new X509Certificate(authority.certificatePem);
  const request = readRequest(requestPem);
  const signingKey = await importSigningKey(authority.keyPem);
  const usage = leaf.extendedKeyUsage === 'server auth' ? ExtendedKeyUsage.serverAuth : ExtendedKeyUsage.clientAuth;
  const notAfter = Math.min(
    now.getTime() + Math.min(durationMs, leaf.durationMs ?? durationMs),
    issuer.notAfter.getTime(),
  );
  const certificate = await X509CertificateGenerator.create({
    subject: [{ CN: [leaf.commonName] }],
    issuer: issuer.subjectName.toJSON(),
    publicKey: request.publicKey,
    signingKey,
    signingAlgorithm: P256,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(notAfter),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([usage]),
      ...(leaf.dnsNames.length > 0
        ? [new SubjectAlternativeNameExtension(leaf.dnsNames.map((value) => ({ type: 'dns' as const, value })))]
        : []),
      await SubjectKeyIdentifierExtension.create(request.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

/** Reads what a request asks for. @returns why not, when it cannot be read. */
export async function requestedCertificate(requestPem: string): Promise<RequestedCertificate | { unreadable: string }> {
  try {
    const request = readRequest(requestPem);
    const names = request.getExtension(SUBJECT_ALTERNATIVE_NAME_OID);
    const alternatives = names instanceof SubjectAlternativeNameExtension ? names.names.toJSON() : [];
    const subject = request.subjectName.toJSON().flatMap((part) => Object.entries(part));
    const commonNames = request.subjectName.getField(COMMON_NAME_OID);
    return {
      commonName: commonNames[0] ?? '',
      otherSubjectFields: [
        ...subject.map(([field]) => field).filter((field) => field !== 'CN'),
        ...commonNames.slice(1),
      ],
      dnsNames: alternatives.filter(({ type }) => type === 'dns').map(({ value }) => value),
      otherNames: alternatives.filter(({ type }) => type !== 'dns').map(({ type, value }) => `${type}:${value}`),
      signatureValid: await request.verify(),
      keyAllowed: isAllowedKey(request.publicKey.algorithm),
    };
  } catch (error) {
    return {
      unreadable: `the request is no PKCS #10 request: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** From when to when a certificate is good. @throws Error when the text is no certificate. */
export function validity(certificatePem: string): { notBefore: Date; notAfter: Date } {
  const { validFromDate, validToDate } = new NodeCertificate(certificatePem);
  return { notBefore: validFromDate, notAfter: validToDate };
}

function readRequest(pem: string): Pkcs10CertificateRequest {
  if (pem.length > MAX_REQUEST_BYTES) throw new Error(`it is larger than ${MAX_REQUEST_BYTES} bytes`);
  return new Pkcs10CertificateRequest(pem);
}

async function importSigningKey(pem: string): Promise<CryptoKey> {
  const der = PemConverter.decodeFirst(pem);
  return (await webcrypto.subtle.importKey('pkcs8', der, P256, false, ['sign'])) as CryptoKey;
}

function isAllowedKey(algorithm: { name: string; namedCurve?: string; modulusLength?: number }): boolean {
  if (algorithm.name === 'ECDSA') return ['P-256', 'P-384', 'P-521'].includes(algorithm.namedCurve ?? '');
  return algorithm.name.startsWith('RSA') && (algorithm.modulusLength ?? 0) >= MIN_RSA_BITS;
}
