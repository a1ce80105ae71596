import { annotations, labels } from '@quickvirt/api';
import type { CertificateSigningRequest, CertificateValidity, Informer, KubeObject, Lease, Pod } from '@quickvirt/kube';
import { nodeOfHeartbeat } from '../controllers/node/heartbeats.ts';
import { validity } from './x509.ts';

/** A leaf certificate that one of our pods serves or logs in with. */
export interface Leaf extends CertificateValidity {
  /** Whose it is, for people. */
  readonly holder: string;
  /** When its holder was last seen to live, by the holder's own clock. Left out: it lives. */
  readonly seenAt?: Date;
}

type Cache<T extends KubeObject> = Pick<Informer<T>, 'store' | 'subscribe'>;

/** Two timestamps and a slash; what is longer is none of ours. */
const LONGEST_INTERVAL = 64;
const POD_NAME_EXTRA = 'authentication.kubernetes.io/pod-name';
const POD_UID_EXTRA = 'authentication.kubernetes.io/pod-uid';
/** Those of virt-handlers are told by their Leases. */
const FOLLOWED_SIGNERS: readonly string[] = ['quickvirt.io/virt-api-serving', 'quickvirt.io/virt-api-client'];

/**
 * The certificate that a node's virt-handler serves with, as its Lease tells it (an ISO 8601 interval): it is renewed all the
 * time anyway. Undefined when it tells none, or nothing that can be read. Pure.
 */
export function leafOfHeartbeat(lease: Lease): Leaf | undefined {
  const interval = lease.metadata.annotations?.[annotations.servingCertificate];
  if (interval === undefined || interval.length > LONGEST_INTERVAL) return undefined;
  const [notBefore, notAfter] = interval.split('/').map((time) => new Date(time));
  if (!notBefore || !notAfter || !(notBefore < notAfter)) return undefined;
  const seenAt = new Date(lease.spec?.renewTime ?? 0);
  return { holder: `virt-handler of node ${nodeOfHeartbeat(lease)}`, notBefore, notAfter, seenAt };
}

/**
 * The certificates of virt-api's pods, as far as this process saw them being issued. Requests are gone an hour after their
 * decision; what a process that started later does not know it learns at the next renewal, and metrics tell it meanwhile.
 */
export class IssuedLeaves {
  readonly #pods: Cache<Pod>;
  /** By the pod's uid and the signer. */
  readonly #leaves = new Map<string, { podUid: string; leaf: Leaf }>();

  constructor(requests: Pick<Cache<CertificateSigningRequest>, 'subscribe'>, pods: Cache<Pod>) {
    this.#pods = pods;
    requests.subscribe((change) => {
      if (change.type === 'applied' && isFollowed(change.object)) this.#take(change.object);
    });
    pods.subscribe((change) => {
      if (change.type === 'deleted') this.#forget(change.object.metadata.uid);
    });
  }

  /** Those of pods that exist. */
  list(): Leaf[] {
    const uids = new Set(this.#pods.store.list().map(({ metadata }) => metadata.uid));
    return [...this.#leaves.values()].filter(({ podUid }) => uids.has(podUid)).map(({ leaf }) => leaf);
  }

  #take({ spec, status }: CertificateSigningRequest): void {
    const [podName, podUid] = [spec.extra?.[POD_NAME_EXTRA]?.[0], spec.extra?.[POD_UID_EXTRA]?.[0]];
    if (!podName || !podUid) return;
    const purpose = spec.signerName.slice(spec.signerName.indexOf('/') + 1);
    const certificatePem = Buffer.from(status?.certificate ?? '', 'base64').toString();
    const leaf = { holder: `pod ${podName} (${purpose})`, ...validity(certificatePem) };
    const key = `${podUid} ${spec.signerName}`;
    const known = this.#leaves.get(key);
    // Requests of the last hour come in any order at the start.
    if (!known || known.leaf.notAfter < leaf.notAfter) this.#leaves.set(key, { podUid, leaf });
  }

  #forget(podUid: string | undefined): void {
    for (const [key, known] of this.#leaves) if (known.podUid === podUid) this.#leaves.delete(key);
  }
}

/** Whether a request tells of a leaf that is followed here. Pure. */
export function isFollowed({ spec, status }: CertificateSigningRequest): boolean {
  return FOLLOWED_SIGNERS.includes(spec.signerName) && Boolean(status?.certificate);
}

/** Which pods hold such leaves. */
export const LEAF_PODS = `${labels.app}=virt-api`;
