import 'reflect-metadata';
import { BasicConstraintsExtension, PemConverter, X509CertificateGenerator } from '@peculiar/x509';
import type { ServerIdentity } from './tls-server.ts';

/** Long enough for virt-controller to come up on a slow cluster. */
const LIFETIME_MS = 24 * 60 * 60 * 1000;

/**
 * A self-signed certificate to answer the kubelet's probes with (it checks none) until virt-controller has issued the
 * real one. Nobody trusts it: the API server reaches virt-api only once it has the CA bundle.
 */
export async function bootstrapCertificate(now: Date): Promise<ServerIdentity> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=quickvirt:virt-api:bootstrap',
    notBefore: new Date(now.getTime() - 60_000),
    notAfter: new Date(now.getTime() + LIFETIME_MS),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new BasicConstraintsExtension(false, undefined, true)],
  });
  return {
    keyPem: PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'),
    certificatePem: certificate.toString('pem'),
  };
}
