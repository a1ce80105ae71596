import { describe, expect, test } from '@jest/globals';
import type { CertificateSigningRequest } from '@quickvirt/kube';
import { reviewRequest } from './review-request.ts';
import type { RequestedCertificate } from './certificate-subjects.ts';

const NODE = 'authentication.kubernetes.io/node-name';

function csr(
  spec: Partial<CertificateSigningRequest['spec']>,
  status?: CertificateSigningRequest['status'],
): CertificateSigningRequest {
  return {
    metadata: { name: 'x' },
    spec: {
      request: '',
      signerName: 'quickvirt.io/virt-handler-serving',
      username: 'system:serviceaccount:quickvirt:virt-handler',
      usages: ['digital signature', 'server auth'],
      extra: { [NODE]: ['node1'] },
      ...spec,
    },
    status,
  };
}

function asked(change: Partial<RequestedCertificate> = {}): RequestedCertificate {
  return {
    commonName: 'quickvirt:virt-handler:node1',
    otherSubjectFields: [],
    dnsNames: ['node1.virt-handler.quickvirt.internal'],
    otherNames: [],
    signatureValid: true,
    keyAllowed: true,
    ...change,
  };
}

const api = {
  signerName: 'quickvirt.io/virt-api-client',
  username: 'system:serviceaccount:quickvirt:virt-api',
  usages: ['digital signature', 'client auth'],
};

describe('reviewRequest', () => {
  test('signs for a handler the names of its own node', () => {
    expect(reviewRequest(csr({ expirationSeconds: 600 }), asked(), 'quickvirt')).toEqual({
      verdict: 'sign',
      approved: false,
      leaf: {
        commonName: 'quickvirt:virt-handler:node1',
        dnsNames: ['node1.virt-handler.quickvirt.internal'],
        extendedKeyUsage: 'server auth',
        durationMs: 600_000,
      },
    });
  });

  test('signs for virt-api a client certificate without DNS names', () => {
    const requested = asked({ commonName: 'quickvirt:virt-api', dnsNames: [] });
    expect(reviewRequest(csr(api), requested, 'quickvirt')).toMatchObject({ verdict: 'sign' });
  });

  test.each<[string, CertificateSigningRequest, RequestedCertificate | { unreadable: string }, string]>([
    ['another user', csr({ username: 'jane' }), asked(), 'jane may not ask'],
    [
      'the account of that name in another namespace',
      csr({ username: 'system:serviceaccount:default:virt-handler' }),
      asked(),
      'may not ask',
    ],
    ['a token that is bound to no node', csr({ extra: {} }), asked(), 'names no node'],
    ["another node's name", csr({ extra: { [NODE]: ['node2'] } }), asked(), 'is not quickvirt:virt-handler:node2'],
    [
      "another node's DNS name",
      csr({}),
      asked({ dnsNames: ['node2.virt-handler.quickvirt.internal'] }),
      'DNS names node2',
    ],
    ['one name too many', csr({}), asked({ dnsNames: ['node1.virt-handler.quickvirt.internal', 'x'] }), 'DNS names x'],
    ['no DNS name to serve under', csr({}), asked({ dnsNames: [] }), 'needs a DNS name'],
    ['an IP address', csr({}), asked({ otherNames: ['ip:10.0.0.1'] }), 'only DNS names'],
    ['an organisation', csr({}), asked({ otherSubjectFields: ['O'] }), 'a common name only'],
    [
      'client usage on a serving signer',
      csr({ usages: ['server auth', 'client auth'] }),
      asked(),
      'usages client auth',
    ],
    ['no usage', csr({ usages: ['digital signature'] }), asked(), 'server auth must be asked for'],
    ['a key that is not its own', csr({}), asked({ signatureValid: false }), 'not signed by its own key'],
    ['a weak key', csr({}), asked({ keyAllowed: false }), 'the key must be'],
    ['a DNS name on a client certificate', csr(api), asked({ commonName: 'quickvirt:virt-api' }), 'not among none'],
    ['something else than a request', csr({}), { unreadable: 'the request is no PKCS #10 request' }, 'PKCS #10'],
  ])('denies %s', (_what, request, requested, words) => {
    const review = reviewRequest(request, requested, 'quickvirt');
    expect(review.verdict).toBe('deny');
    expect(review.verdict === 'deny' && review.message).toContain(words);
  });

  test.each<[string, CertificateSigningRequest]>([
    ["another signer's", csr({ signerName: 'kubernetes.io/kubelet-serving' })],
    ['one that is denied', csr({}, { conditions: [{ type: 'Denied', status: 'True' }] })],
    ['one that has its certificate', csr({}, { certificate: 'x' })],
  ])('ignores %s', (_what, request) => {
    expect(reviewRequest(request, asked(), 'quickvirt')).toEqual({ verdict: 'ignore' });
  });

  test('never trusts an approval for names that are not allowed', () => {
    const approved = csr({ username: 'jane' }, { conditions: [{ type: 'Approved', status: 'True' }] });
    expect(reviewRequest(approved, asked(), 'quickvirt').verdict).toBe('deny');
  });
});
