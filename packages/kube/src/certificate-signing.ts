// x509 looks for reflect's metadata when it is loaded.
import 'reflect-metadata';
import {
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  type JsonGeneralName,
} from '@peculiar/x509';
import { webcrypto } from 'node:crypto';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface CertificateSubject {
  commonName: string;
  dnsNames?: readonly string[];
  ipAddresses?: readonly string[];
}

/** A fresh P-256 key and the PKCS #10 request for it, PEM. */
export async function createSigningRequest(
  subject: CertificateSubject,
): Promise<{ keyPem: string; requestPem: string }> {
  const keys = (await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const names: JsonGeneralName[] = [
    ...(subject.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(subject.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const request = await Pkcs10CertificateRequestGenerator.create({
    // In parts, because a common name may hold characters that a name string gives a meaning.
    name: [{ CN: [subject.commonName] }],
    keys,
    signingAlgorithm: P256,
    extensions: names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : [],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = pkcs8.match(/.{1,64}/g) ?? [];
  return {
    keyPem: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
    requestPem: request.toString('pem'),
  };
}
