import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import {
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  type JsonGeneralName,
} from '@peculiar/x509';
import { describe, expect, test } from '@jest/globals';
import { BACKDATE_MS } from './rotation.ts';
import { makeAuthority, requestedCertificate, signLeaf, validity } from './x509.ts';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const NOW = new Date('2026-08-01T00:00:00Z');
const HOUR = 3_600_000;

async function request(name: string, alternatives: JsonGeneralName[]): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const extensions = alternatives.length > 0 ? [new SubjectAlternativeNameExtension(alternatives)] : [];
  const made = await Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: P256, extensions });
  return made.toString('pem');
}

describe('a request', () => {
  test('is read with all that it asks for', async () => {
    const pem = await request('CN=a, O=system:masters', [
      { type: 'dns', value: 'a.svc' },
      { type: 'ip', value: '10.0.0.1' },
    ]);
    expect(await requestedCertificate(pem)).toEqual({
      commonName: 'a',
      otherSubjectFields: ['O'],
      dnsNames: ['a.svc'],
      otherNames: ['ip:10.0.0.1'],
      signatureValid: true,
      keyAllowed: true,
    });
  });

  test('that was tampered with is seen', async () => {
    const der = Buffer.from((await request('CN=a', [])).replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');
    der[der.indexOf('a', der.indexOf(Buffer.from([0x55, 0x04, 0x03])))] = 'b'.charCodeAt(0);
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    expect(await requestedCertificate(pem)).toMatchObject({ commonName: 'b', signatureValid: false });
  });

  test.each(['', 'no request', 'x'.repeat(20_000)])('that is none says so', async (text) => {
    expect(await requestedCertificate(text)).toHaveProperty('unreadable');
  });
});

describe('a leaf', () => {
  const leaf = {
    commonName: 'a',
    dnsNames: ['a.svc'],
    extendedKeyUsage: 'server auth' as const,
    durationMs: undefined,
  };

  test('verifies against its CA and holds the names and usages that were granted', async () => {
    const authority = await makeAuthority(NOW, 168 * HOUR);
    const pem = await signLeaf(await request('CN=other', []), leaf, { authority, now: NOW, durationMs: 24 * HOUR });
    const [certificate, ca] = [new X509Certificate(pem), new X509Certificate(authority.certificatePem)];
    expect(certificate.verify(ca.publicKey)).toBe(true);
    expect(certificate.checkIssued(ca)).toBe(true);
    expect(certificate.subject).toBe('CN=a');
    expect(certificate.subjectAltName).toBe('DNS:a.svc');
    // id-kp-serverAuth
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.ca).toBe(false);
    expect(ca.ca).toBe(true);
    expect(validity(pem)).toEqual({
      notBefore: new Date(NOW.getTime() - BACKDATE_MS),
      notAfter: new Date(NOW.getTime() + 24 * HOUR),
    });
  });

  test('is no longer good than what was asked for, nor than its CA', async () => {
    const authority = await makeAuthority(NOW, HOUR);
    const options = { authority, now: NOW, durationMs: 24 * HOUR };
    const [short, long] = [
      await signLeaf(await request('CN=a', []), { ...leaf, durationMs: HOUR / 2 }, options),
      await signLeaf(await request('CN=a', []), leaf, options),
    ];
    expect(validity(short).notAfter).toEqual(new Date(NOW.getTime() + HOUR / 2));
    expect(validity(long).notAfter).toEqual(new Date(NOW.getTime() + HOUR));
  });
});
