import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { describe, expect, test } from '@jest/globals';
import type { CertificateSigningRequest, Lease, Pod, StoreChange } from '@quickvirt/kube';
import { IssuedLeaves, leafOfHeartbeat } from './leaves.ts';
import { makeAuthority, signLeaf } from './x509.ts';

const NOW = new Date('2026-08-01T00:00:00Z');
const HOUR_MS = 3_600_000;
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const lease = (interval: string | undefined): Lease => ({
  metadata: {
    name: 'virt-handler-n1',
    annotations: interval === undefined ? {} : { 'quickvirt.io/serving-certificate': interval },
  },
  spec: { renewTime: '2026-08-01T00:00:00.000000Z' } as unknown as Lease['spec'],
});

describe("a virt-handler's Lease", () => {
  test('tells its certificate', () => {
    expect(leafOfHeartbeat(lease('2026-07-31T06:00:00Z/2026-08-01T06:00:00Z'))).toEqual({
      holder: 'virt-handler of node n1',
      notBefore: new Date('2026-07-31T06:00:00Z'),
      notAfter: new Date('2026-08-01T06:00:00Z'),
      seenAt: NOW,
    });
  });

  test.each([
    undefined,
    '',
    'x/y',
    '2026-08-01T06:00:00Z',
    '2026-08-01T06:00:00Z/2026-07-31T06:00:00Z',
    `2026-07-31T06:00:00Z/2026-08-01T06:00:00Z${' '.repeat(100)}`,
  ])('that tells none, or nonsense, counts as none: %p', (interval) => {
    expect(leafOfHeartbeat(lease(interval))).toBeUndefined();
  });
});

/** A cache that a test fills. */
class ToldCache<T extends { metadata: { name?: string; uid?: string } }> {
  readonly #objects = new Map<string, T>();
  readonly #listeners: ((change: StoreChange<T>) => void)[] = [];
  readonly store = { list: () => [...this.#objects.values()] } as never;

  subscribe(listener: (change: StoreChange<T>) => void): () => void {
    this.#listeners.push(listener);
    return () => undefined;
  }

  apply(object: T): void {
    this.#objects.set(object.metadata.uid ?? '', object);
    for (const listener of this.#listeners) listener({ type: 'applied', object, previous: undefined });
  }

  delete(object: T): void {
    this.#objects.delete(object.metadata.uid ?? '');
    for (const listener of this.#listeners) listener({ type: 'deleted', object });
  }
}

async function issued(podName: string, purpose: string, at: Date): Promise<CertificateSigningRequest> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({ name: 'CN=a', keys, signingAlgorithm: P256 });
  const certificate = await signLeaf(
    request.toString('pem'),
    { commonName: 'a', dnsNames: [], extendedKeyUsage: 'server auth', durationMs: undefined },
    { authority: await makeAuthority(at, 168 * HOUR_MS), now: at, durationMs: 24 * HOUR_MS },
  );
  return {
    metadata: { name: `csr-${podName}-${at.getTime()}`, uid: `csr-${podName}-${at.getTime()}-${purpose}` },
    spec: {
      signerName: `quickvirt.io/${purpose}`,
      request: '',
      extra: {
        'authentication.kubernetes.io/pod-name': [podName],
        'authentication.kubernetes.io/pod-uid': [`uid-${podName}`],
      },
    },
    status: { certificate: Buffer.from(certificate).toString('base64') },
  };
}

test("the certificates of virt-api's pods are known from their requests, until the pods go", async () => {
  const requests = new ToldCache<CertificateSigningRequest>();
  const pods = new ToldCache<Pod>();
  const leaves = new IssuedLeaves(requests, pods);
  const holders = () => leaves.list().map(({ holder, notAfter }) => `${holder} ${notAfter.toISOString()}`);
  const pod = (name: string): Pod => ({ metadata: { name, uid: `uid-${name}` } });
  const [first, second] = [await issued('a', 'virt-api-serving', NOW), await issued('b', 'virt-api-client', NOW)];
  for (const request of [first, second, await issued('h', 'virt-handler-serving', NOW)]) requests.apply(request);
  requests.apply({ ...first, metadata: { uid: 'other' }, spec: { ...first.spec, extra: {} } });
  requests.apply({ ...first, metadata: { uid: 'undecided' }, status: {} });
  expect(holders()).toEqual([]);

  pods.apply(pod('a'));
  pods.apply(pod('b'));
  const later = '2026-08-02T00:00:00.000Z';
  expect(holders()).toEqual([`pod a (virt-api-serving) ${later}`, `pod b (virt-api-client) ${later}`]);

  // Kubernetes removes a request an hour after its decision.
  requests.delete(first);
  requests.apply(await issued('a', 'virt-api-serving', new Date(NOW.getTime() + HOUR_MS)));
  requests.apply(first);
  expect(holders()[0]).toBe('pod a (virt-api-serving) 2026-08-02T01:00:00.000Z');

  pods.delete(pod('a'));
  expect(holders()).toEqual([`pod b (virt-api-client) ${later}`]);
});
