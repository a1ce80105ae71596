import type { CertificateSigningRequest } from '@quickvirt/kube';
import type { LeafSubject, RequestedCertificate } from './certificate-subjects.ts';
import { SIGNERS, type SignerRule, type SignerScope } from './signers.ts';

/** What becomes of a CertificateSigningRequest. */
export type RequestVerdict =
  /** Another signer's, decided already, or not readable yet. */
  | { verdict: 'ignore' }
  | { verdict: 'deny'; message: string }
  /** Approve, when that is not done yet, and sign. */
  | { verdict: 'sign'; approved: boolean; leaf: LeafSubject };

/** Set by the API server from a token that is bound to a pod (KEP-4193). */
const NODE_NAME_EXTRA = 'authentication.kubernetes.io/node-name';

/** Whether the request names one of our signers and still waits for a decision or a certificate. */
export function isOurs({ spec, status }: CertificateSigningRequest): boolean {
  const decided = (status?.conditions ?? []).some(({ type }) => type === 'Denied' || type === 'Failed');
  return Object.hasOwn(SIGNERS, spec.signerName) && !decided && !status?.certificate;
}

/**
 * Judges one request: who asks is the API server's word (`spec.username`, `spec.extra`), what is asked for must be
 * exactly what that requester is entitled to.
 * @param requested the PKCS #10 request, or why it cannot be read.
 */
export function reviewRequest(
  csr: CertificateSigningRequest,
  requested: RequestedCertificate | { unreadable: string },
  namespace: string,
): RequestVerdict {
  const rule = SIGNERS[csr.spec.signerName];
  if (!rule || !isOurs(csr)) return { verdict: 'ignore' };
  const nodeName = csr.spec.extra?.[NODE_NAME_EXTRA]?.[0] ?? '';
  const objections = [
    requesterObjection(csr, rule, { namespace, nodeName }),
    ...('unreadable' in requested
      ? [requested.unreadable]
      : [namesObjection(requested, rule, { namespace, nodeName }), ...keyObjections(requested)]),
    usagesObjection(csr.spec.usages ?? [], rule),
  ].filter((objection) => objection !== undefined);
  if (objections.length > 0 || 'unreadable' in requested) return { verdict: 'deny', message: objections.join('; ') };
  const seconds = csr.spec.expirationSeconds;
  return {
    verdict: 'sign',
    approved: (csr.status?.conditions ?? []).some(({ type, status }) => type === 'Approved' && status === 'True'),
    leaf: {
      commonName: requested.commonName,
      dnsNames: requested.dnsNames,
      extendedKeyUsage: rule.extendedKeyUsage,
      durationMs: seconds === undefined ? undefined : seconds * 1000,
    },
  };
}

function requesterObjection(csr: CertificateSigningRequest, rule: SignerRule, scope: SignerScope): string | undefined {
  const wanted = `system:serviceaccount:${scope.namespace}:${rule.serviceAccount}`;
  if (csr.spec.username !== wanted) {
    return `${csr.spec.username ?? 'an unknown user'} may not ask ${csr.spec.signerName}: only ${wanted} may`;
  }
  if (rule.boundToNode && scope.nodeName === '') {
    return `the requester's token names no node (${NODE_NAME_EXTRA}): ask with the pod's own projected token`;
  }
  return undefined;
}

function namesObjection(requested: RequestedCertificate, rule: SignerRule, scope: SignerScope): string | undefined {
  const allowed = { commonNames: rule.commonNames(scope), dnsNames: rule.dnsNames(scope) };
  if (requested.otherNames.length > 0) return `only DNS names may be asked for, not ${requested.otherNames.join(', ')}`;
  if (!allowed.commonNames.includes(requested.commonName)) {
    return `common name ${JSON.stringify(requested.commonName)} is not ${allowed.commonNames.join(' or ')}`;
  }
  if (requested.otherSubjectFields.length > 0) {
    return `the subject may hold a common name only, not ${requested.otherSubjectFields.join(', ')}`;
  }
  const foreign = requested.dnsNames.filter((name) => !allowed.dnsNames.includes(name));
  if (foreign.length > 0)
    return `DNS names ${foreign.join(', ')} are not among ${allowed.dnsNames.join(', ') || 'none'}`;
  if (allowed.dnsNames.length > 0 && requested.dnsNames.length === 0) {
    return `a serving certificate needs a DNS name: ${allowed.dnsNames.join(' or ')}`;
  }
  return undefined;
}

function keyObjections(requested: RequestedCertificate): string[] {
  return [
    ...(requested.signatureValid ? [] : ['the request is not signed by its own key']),
    ...(requested.keyAllowed ? [] : ['the key must be ECDSA on P-256, P-384 or P-521, or RSA of 2048 bits at least']),
  ];
}

function usagesObjection(usages: readonly string[], rule: SignerRule): string | undefined {
  const allowed = ['digital signature', 'key encipherment', rule.extendedKeyUsage];
  const foreign = usages.filter((usage) => !allowed.includes(usage));
  if (foreign.length > 0) return `usages ${foreign.join(', ')} are not among ${allowed.join(', ')}`;
  return usages.includes(rule.extendedKeyUsage) ? undefined : `usage ${rule.extendedKeyUsage} must be asked for`;
}
