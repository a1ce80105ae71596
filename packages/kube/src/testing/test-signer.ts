// x509 looks for reflect's metadata when it is loaded.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Signs a CSR object's `spec.request` with a throw-away authority; answers `status.certificate`. */
export async function certificateFor(request: string, { lifeMs }: { lifeMs: number }): Promise<string> {
  const csr = new Pkcs10CertificateRequest(Buffer.from(request, 'base64').toString('utf8'));
  const authority = (await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  // X.509 times are whole seconds.
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: '01',
    subject: csr.subject,
    issuer: 'CN=test',
    notBefore: new Date(nowMs),
    notAfter: new Date(nowMs + lifeMs),
    publicKey: csr.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: P256,
    extensions: csr.extensions.filter((extension) => extension instanceof SubjectAlternativeNameExtension),
  });
  return Buffer.from(certificate.toString('pem')).toString('base64');
}
