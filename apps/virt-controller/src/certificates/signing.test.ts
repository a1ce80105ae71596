import { describe, expect, test } from '@jest/globals';
import type { CertificateSigningRequest } from '@quickvirt/kube';
import { decideSigning } from './signing.ts';

const NOW = new Date('2026-08-01T00:00:00Z');
const authority = { certificatePem: 'certificate', keyPem: 'key' };

function observed(change: Partial<CertificateSigningRequest['spec']>, approved: boolean, ca = true) {
  const csr: CertificateSigningRequest = {
    metadata: { name: 'x' },
    spec: {
      request: '',
      signerName: 'quickvirt.io/virt-api-client',
      username: 'system:serviceaccount:quickvirt:virt-api',
      usages: ['client auth'],
      ...change,
    },
    status: { conditions: approved ? [{ type: 'Approved', status: 'True' }] : [] },
  };
  const requested = {
    commonName: 'quickvirt:virt-api',
    otherSubjectFields: [],
    dnsNames: [],
    otherNames: [],
    signatureValid: true,
    keyAllowed: true,
  };
  return { csr, requested, authority: ca ? authority : undefined, namespace: 'quickvirt', leafDurationMs: 1000 };
}

describe('decideSigning', () => {
  test.each([
    ['approves first', observed({}, false), [{ type: 'decide', condition: 'Approved' }]],
    [
      'then signs',
      observed({}, true),
      [{ type: 'sign', leaf: { commonName: 'quickvirt:virt-api' }, durationMs: 1000 }],
    ],
    ['waits for a CA', observed({}, true, false), []],
    ['denies', observed({ username: 'jane' }, false), [{ type: 'decide', condition: 'Denied' }]],
    ['leaves other signers alone', observed({ signerName: 'kubernetes.io/kubelet-serving' }, false), []],
  ])('%s', (_what, state, effects) => {
    expect(decideSigning(state, NOW).effects).toMatchObject(effects);
  });
});
