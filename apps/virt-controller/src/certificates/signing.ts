import type { ClusterConfig } from '@quickvirt/config';
import {
  certificateSigningRequests,
  controller,
  keyOf,
  timestamp,
  type CertificateSigningRequest,
  type Controller,
  type ControllerOptions,
  type Decision,
  type EffectRunner,
  type KubeClient,
  type Reconciler,
} from '@quickvirt/kube';
import type { Informers } from '../informers.ts';
import { currentAuthority } from './authority.ts';
import type { LeafSubject, RequestedCertificate } from './certificate-subjects.ts';
import { isOurs, reviewRequest } from './review-request.ts';
import { requestedCertificate, signLeaf, type AuthorityKeys } from './x509.ts';

/** What the signing controller works with. */
export interface SigningPorts {
  readonly client: KubeClient;
  readonly informers: Pick<Informers, 'caSecrets' | 'caBundles' | 'signingRequests'>;
  readonly config: () => ClusterConfig;
  readonly namespace: string;
}

/** What is known of one request. */
interface SigningObserved {
  readonly csr: CertificateSigningRequest;
  readonly requested: RequestedCertificate | { unreadable: string };
  readonly authority: AuthorityKeys | undefined;
  readonly namespace: string;
  readonly leafDurationMs: number;
}

/** What may be done about a request. */
type SigningEffect =
  | { type: 'decide'; csr: CertificateSigningRequest; condition: 'Approved' | 'Denied'; message: string; now: Date }
  | {
      type: 'sign';
      csr: CertificateSigningRequest;
      leaf: LeafSubject;
      authority: AuthorityKeys;
      durationMs: number;
      now: Date;
    };

/** Approves and signs what virt-api and virt-handler ask for, and denies what they may not have. */
export function signingController(ports: SigningPorts, options: ControllerOptions): Controller {
  const { signingRequests, caSecrets } = ports.informers;
  const waiting = () => signingRequests.store.list().filter(isOurs).map(keyOf);
  return (
    controller('certificate-signing', options)
      .for(signingRequests, (change) => change.type === 'applied' && isOurs(change.object))
      // Requests that came before the CA.
      .watches(caSecrets, waiting)
      .reconciles(signingReconciler(ports), signingEffectRunner(ports))
  );
}

function signingReconciler(ports: SigningPorts): Reconciler<SigningObserved, SigningEffect> {
  return {
    name: 'certificate-signing',
    observe: async (key) => {
      const csr = ports.informers.signingRequests.store.get(key);
      if (!csr || !isOurs(csr)) return undefined;
      return {
        csr,
        requested: await requestedCertificate(pemOf(csr)),
        authority: currentAuthority(ports),
        namespace: ports.namespace,
        leafDurationMs: ports.config().certificates.server.durationMs,
      };
    },
    decide: decideSigning,
  };
}

/** Decides about one request: approving and signing are two writes, so a request may be seen approved by us before. */
export function decideSigning(observed: SigningObserved, now: Date): Decision<SigningEffect> {
  const { csr, requested, authority, namespace, leafDurationMs } = observed;
  const review = reviewRequest(csr, requested, namespace);
  if (review.verdict === 'ignore') return { effects: [] };
  if (review.verdict === 'deny') {
    return { effects: [{ type: 'decide', csr, condition: 'Denied', message: review.message, now }] };
  }
  if (!review.approved) {
    const message = `${csr.spec.username ?? ''} asks for its own names`;
    return { effects: [{ type: 'decide', csr, condition: 'Approved', message, now }] };
  }
  if (!authority) return { effects: [] };
  return { effects: [{ type: 'sign', csr, leaf: review.leaf, authority, durationMs: leafDurationMs, now }] };
}

function signingEffectRunner({ client }: SigningPorts): EffectRunner<SigningEffect> {
  return async (effect) => {
    const { name = '', uid, resourceVersion } = effect.csr.metadata;
    const metadata = { uid, resourceVersion };
    if (effect.type === 'sign') {
      const { authority, durationMs, now } = effect;
      const certificate = await signLeaf(pemOf(effect.csr), effect.leaf, { authority, now, durationMs });
      const status = { certificate: Buffer.from(certificate).toString('base64') };
      await client.patch(
        certificateSigningRequests,
        { name },
        { metadata, status },
        { kind: 'merge', subresource: 'status' },
      );
      return;
    }
    const at = timestamp(effect.now);
    const condition = {
      type: effect.condition,
      status: 'True',
      reason: effect.condition === 'Approved' ? 'OwnNames' : 'NotEntitled',
      message: effect.message,
      lastUpdateTime: at,
      lastTransitionTime: at,
    };
    const conditions = [...(effect.csr.status?.conditions ?? []), condition];
    await client.patch(
      certificateSigningRequests,
      { name },
      { metadata, status: { conditions } },
      { kind: 'merge', subresource: 'approval' },
    );
  };
}

function pemOf({ spec }: CertificateSigningRequest): string {
  return Buffer.from(spec.request, 'base64').toString();
}
