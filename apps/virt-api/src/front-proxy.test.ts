import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { bootstrapCertificate } from './bootstrap-certificate.ts';
import { callerFrom, frontProxyTrustFrom, isFrontProxy, type FrontProxyTrust } from './front-proxy.ts';
import { CsrSigner } from './testing/csr-signer.ts';

const data = (caPem: string) => ({
  'requestheader-client-ca-file': caPem,
  'requestheader-allowed-names': '["front-proxy-client"]',
  'requestheader-username-headers': '["X-Remote-User"]',
  'requestheader-uid-headers': '["X-Remote-Uid"]',
  'requestheader-group-headers': '["X-Remote-Group"]',
  'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
});

let ours: CsrSigner;
let theirs: CsrSigner;
let trust: FrontProxyTrust;

beforeAll(async () => {
  ours = await CsrSigner.create();
  theirs = await CsrSigner.create();
  trust = frontProxyTrustFrom(data(ours.caPem)) as FrontProxyTrust;
});

async function socket(signer: CsrSigner | undefined, commonName: string, authorized = true) {
  const pem = signer
    ? (await signer.serverIdentity(commonName, ['x'])).certificatePem
    : (await bootstrapCertificate(new Date())).certificatePem;
  return { authorized, getPeerX509Certificate: () => new X509Certificate(pem) };
}

describe('the front proxy is', () => {
  test('who has a certificate of its CA with an allowed name', async () => {
    expect(isFrontProxy(await socket(ours, 'front-proxy-client'), trust)).toBe(true);
  });

  test.each<[string, () => Promise<Parameters<typeof isFrontProxy>[0]>]>([
    ['who has another name', () => socket(ours, 'somebody')],
    ['who has a certificate of a CA that is trusted no more', () => socket(theirs, 'front-proxy-client')],
    ['who signed for themselves', () => socket(undefined, '')],
    ['who did not pass the handshake', () => socket(ours, 'front-proxy-client', false)],
    ['who shows no certificate', async () => ({ authorized: true, getPeerX509Certificate: () => undefined })],
  ])('not %s', async (_who, peer) => {
    expect(isFrontProxy(await peer(), trust)).toBe(false);
  });

  test('anybody of the CA where the cluster restricts no names', async () => {
    const open = frontProxyTrustFrom({ ...data(ours.caPem), 'requestheader-allowed-names': '[]' }) as FrontProxyTrust;
    expect(isFrontProxy(await socket(ours, 'anybody'), open)).toBe(true);
    expect(isFrontProxy(await socket(theirs, 'anybody'), open)).toBe(false);
  });
});

describe('the caller', () => {
  test('is read with groups, uid and extra', () => {
    expect(
      callerFrom(
        {
          'x-remote-user': ['jane'],
          'x-remote-uid': ['42'],
          'x-remote-group': ['a', 'b,c'],
          'x-remote-extra-example.io%2fkey': ['1', '2'],
          'x-other': ['no'],
        },
        trust,
      ),
    ).toEqual({ username: 'jane', uid: '42', groups: ['a', 'b,c'], extra: { 'example.io/key': ['1', '2'] } });
  });

  test.each([[{}], [{ 'x-remote-user': [''] }], [{ 'x-remote-group': ['system:masters'] }]])(
    'is nobody in %j',
    (headers) => {
      expect(callerFrom(headers, trust)).toBeUndefined();
    },
  );
});

describe('a ConfigMap', () => {
  test('without a CA trusts nobody', () => {
    expect(frontProxyTrustFrom(undefined)).toBeUndefined();
    expect(frontProxyTrustFrom({ 'client-ca-file': 'x' })).toBeUndefined();
  });

  test('with a list that cannot be read gives no header names: nobody can be named', () => {
    const broken = frontProxyTrustFrom({ ...data(ours.caPem), 'requestheader-username-headers': 'X-Remote-User' });
    expect(broken?.usernameHeaders).toEqual([]);
    expect(callerFrom({ 'x-remote-user': ['jane'] }, broken as FrontProxyTrust)).toBeUndefined();
  });
});
