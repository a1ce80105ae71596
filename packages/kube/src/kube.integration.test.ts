import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLineLogger } from '@quickvirt/telemetry';
import { eventually, settle, startKubeApiserver, type KubeApiserver } from '@quickvirt/testing';
import { CertificateRequester, type IssuedCertificate } from './certificate-requester.ts';
import { KubeClient } from './client.ts';
import { controller } from './controller.ts';
import {
  certificateSigningRequests,
  configMaps,
  customResourceDefinitions,
  events,
  leases,
  nodes,
  type CertificateSigningRequest,
  type ConfigMap,
  type CustomResourceDefinition,
  type Node,
} from './core-types.ts';
import { findLogin } from './login.ts';
import { Informer } from './informer.ts';
import { LeaderElector } from './leader-election.ts';
import { Manager } from './manager.ts';
import { statusApply } from './patches.ts';
import { Recorder } from './recorder.ts';
import { apiContract } from './testing/api-contract.ts';
import { CuttingProxy } from './testing/cutting-proxy.ts';
import { machineDefinition, machines } from './testing/machines.ts';
import { objectContract } from './testing/object-contract.ts';

const logger = createLineLogger({ component: 'test', write: () => undefined });
const namespace = 'default';

let apiserver: KubeApiserver;
let client: KubeClient;

beforeAll(async () => {
  apiserver = await startKubeApiserver();
  client = await KubeClient.load({ kubeconfig: apiserver.kubeconfigPath });
  await client.create<CustomResourceDefinition>(customResourceDefinitions, machineDefinition);
  await eventually(() => client.list(machines));
}, 1_800_000);

afterAll(async () => {
  await client?.close();
  await apiserver?.stop();
});

apiContract(() => client);
objectContract(() => client);

describe('patches', () => {
  const ref = { name: 'patched', namespace };

  beforeAll(() => client.create(configMaps, { metadata: ref, data: { a: '1' } }));

  test('a JSON patch whose test fails is refused with 422', async () => {
    const patch = [
      { op: 'test', path: '/data/a', value: 'other' },
      { op: 'remove', path: '/data/a' },
    ];
    await expect(client.patch(configMaps, ref, patch, { kind: 'json' })).rejects.toMatchObject({ status: 422 });
  });

  test('strategic merge', async () => {
    const patched = await client.patch(configMaps, ref, { data: { b: '2' } }, { kind: 'strategic' });
    expect(patched.data).toEqual({ a: '1', b: '2' });
  });

  test('server-side apply keeps managers apart, and force takes over', async () => {
    const body = (value: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'applied' },
      data: { a: value },
    });
    const where = { name: 'applied', namespace };
    await client.patch(configMaps, where, body('1'), { kind: 'apply', fieldManager: 'one' });
    const second = client.patch(configMaps, where, body('2'), { kind: 'apply', fieldManager: 'two' });
    await expect(second).rejects.toMatchObject({ isConflict: true });
    const forced = await client.patch<ConfigMap>(configMaps, where, body('2'), {
      kind: 'apply',
      fieldManager: 'two',
      force: true,
    });
    expect(forced.data).toEqual({ a: '2' });
  });

  test('a status apply reaches status alone, and never a successor or a newer version', async () => {
    const node = await client.create<Node>(nodes, { metadata: { name: 'n1' } });
    const condition = {
      type: 'Tested',
      status: 'True',
      lastHeartbeatTime: '2026-01-01T00:00:00Z',
      lastTransitionTime: '2026-01-01T00:00:00Z',
      reason: 'Yes',
      message: 'tested',
    };
    const apply = (object: Node) =>
      client.patch<Node>(nodes, { name: 'n1' }, statusApply(nodes, object, { conditions: [condition] }), {
        kind: 'apply',
        subresource: 'status',
        fieldManager: 'tester',
      });
    const written = await apply(node);
    expect(written.status?.conditions).toEqual([condition]);
    await client.patch(nodes, { name: 'n1' }, { metadata: { labels: { moved: 'on' } } }, { kind: 'merge' });
    await expect(apply(written)).rejects.toMatchObject({ isConflict: true });
    await client.delete(nodes, { name: 'n1' });
    await client.create(nodes, { metadata: { name: 'n1' } });
    await expect(apply(written)).rejects.toMatchObject({ isConflict: true });
  });

  test('dry runs change nothing', async () => {
    await client.patch(configMaps, ref, { data: { dry: 'run' } }, { kind: 'merge', dryRun: true });
    expect((await client.get(configMaps, ref)).data).not.toHaveProperty('dry');
  });
});

describe('informers under a bad network', () => {
  test('no change is missed in thousands of writes while connections are cut', async () => {
    const proxy = new CuttingProxy(new URL(apiserver.url));
    const throughProxy = await proxy.listen();
    const login = await findLogin({ kubeconfig: apiserver.kubeconfigPath });
    const reader = new KubeClient({ ...login, server: throughProxy });
    const informer = new Informer(reader, configMaps, { namespace, labelSelector: 'soak=yes', logger, pageSize: 50 });
    const abort = new AbortController();
    /** Per object: the values in the order in which they were told. */
    const told = new Map<string, number[]>();
    const deleted = new Set<string>();
    informer.subscribe(({ type, object }) => {
      const name = object.metadata.name ?? '';
      if (type === 'deleted') deleted.add(name);
      else told.set(name, [...(told.get(name) ?? []), Number(object.data?.['value'])]);
    });
    const running = informer.run(abort.signal);
    await informer.synced();

    const OBJECTS = 60;
    const ROUNDS = 50;
    let cuts = 0;
    const names = Array.from({ length: OBJECTS }, (_item, index) => `soak-${index}`);
    await Promise.all(
      names.map((name) =>
        client.create(configMaps, { metadata: { name, namespace, labels: { soak: 'yes' } }, data: { value: '0' } }),
      ),
    );
    for (let round = 1; round <= ROUNDS; round += 1) {
      const writes = names.map((name) =>
        client.patch(configMaps, { name, namespace }, { data: { value: String(round) } }, { kind: 'merge' }),
      );
      if (round % 5 === 0) cuts += proxy.cut();
      await Promise.all(writes);
    }
    const leavers = names.filter((_name, index) => index % 2 === 0);
    await Promise.all(leavers.map((name) => client.delete(configMaps, { name, namespace })));
    proxy.cut();

    const stay = names.filter((name) => !leavers.includes(name));
    await settle(
      () => {
        expect(deleted).toEqual(new Set(leavers));
        expect(stay.map((name) => informer.store.get(`${namespace}/${name}`)?.data?.['value'])).toEqual(
          stay.map(() => String(ROUNDS)),
        );
      },
      { timeoutMs: 60_000 },
    );
    expect(cuts).toBeGreaterThanOrEqual(3);
    // A resumed watch tells each state, so nothing may be skipped, told twice or out of order.
    for (const values of told.values())
      expect(values).toEqual(Array.from({ length: ROUNDS + 1 }, (_v, index) => index));
    const truth = await client.list(configMaps, { namespace, labelSelector: 'soak=yes' });
    const versions = (objects: ConfigMap[]) => new Set(objects.map(({ metadata }) => metadata.resourceVersion));
    expect(versions(informer.store.list())).toEqual(versions(truth.items));
    // One for the watch, one kept alive from the last list: cut connections leave nothing behind.
    expect(proxy.connections).toBeLessThanOrEqual(2);
    abort.abort();
    await running;
    await reader.close();
    await settle(() => expect(proxy.connections).toBe(0));
    await proxy.close();
  }, 180_000);

  test('a controller brings every object to its goal with one write each and none refused', async () => {
    const informer = new Informer(client, configMaps, { namespace, labelSelector: 'goal=yes', logger });
    const abort = new AbortController();
    const refused: unknown[] = [];
    let writes = 0;
    const goals = controller('goals', { logger })
      .for(informer)
      .reconciles<ConfigMap, 'reach'>(
        {
          name: 'goals',
          observe: (key) => Promise.resolve(informer.store.get(key)),
          decide: ({ data }) => ({ effects: data?.['reached'] ? [] : ['reach'] }),
        },
        async (_effect, { key }) => {
          const object = informer.store.get(key) as ConfigMap;
          writes += 1;
          try {
            const next = { ...object, data: { ...object.data, reached: 'yes' } };
            informer.wrote(await client.replace(configMaps, next));
          } catch (error) {
            refused.push(error);
            throw error;
          }
        },
      );
    const run = new Manager({ logger }).addControllers(goals).run(abort.signal);
    const names = Array.from({ length: 100 }, (_item, index) => `goal-${index}`);
    await Promise.all(
      names.map((name) => client.create(configMaps, { metadata: { name, namespace, labels: { goal: 'yes' } } })),
    );
    await settle(async () => {
      const { items } = await client.list(configMaps, { namespace, labelSelector: 'goal=yes' });
      expect(items.filter(({ data }) => data?.['reached']).length).toBe(100);
    });
    abort.abort();
    await run;
    expect(refused).toEqual([]);
    expect(writes).toBe(100);
  }, 60_000);
});

describe('leader election', () => {
  test('exactly one leads, and a release hands over within a second', async () => {
    const lease = { name: 'elected', namespace };
    let leading = 0;
    let most = 0;
    const candidates = ['one', 'two', 'three'].map((identity) => {
      const abort = new AbortController();
      const elector = new LeaderElector(client, { lease, identity, logger });
      const run = elector.run(abort.signal, async (signal) => {
        leading += 1;
        most = Math.max(most, leading);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        leading -= 1;
      });
      return { abort, elector, run };
    });
    const first = await eventually(() => candidates.find(({ elector }) => elector.isLeader));
    first.abort.abort();
    await first.run;
    const second = await eventually(() => candidates.find(({ elector }) => elector.isLeader), { timeoutMs: 1_000 });
    expect(second).not.toBe(first);
    expect((await client.get(leases, lease)).spec?.leaseTransitions).toBe(1);
    for (const { abort } of candidates) abort.abort();
    await Promise.all(candidates.map(({ run }) => run));
    expect(most).toBe(1);
    expect((await client.get(leases, lease)).spec?.holderIdentity ?? '').toBe('');
  }, 30_000);
});

describe('the recorder', () => {
  test('writes events that kubectl shows, counted', async () => {
    const regarding = await client.create<ConfigMap>(configMaps, { metadata: { name: 'talked-about', namespace } });
    const recorder = new Recorder(client, { component: 'tester', logger });
    for (let times = 0; times < 3; times += 1) {
      recorder.event(regarding, { type: 'Warning', reason: 'Tested', message: 'It was tested' });
      await recorder.flush();
    }
    const { items } = await client.list(events, { namespace, fieldSelector: 'involvedObject.name=talked-about' });
    expect(items).toMatchObject([{ count: 3, reason: 'Tested', type: 'Warning', source: { component: 'tester' } }]);
    expect(await apiserver.kubectl('get', 'events', '--field-selector', 'reason=Tested')).toContain('It was tested');
  });
});

describe('the certificate requester', () => {
  /** Approves and signs what is asked of this signer, as a controller would. */
  function signer(signerName: string, judge: (csr: CertificateSigningRequest) => Promise<object>, signal: AbortSignal) {
    const informer = new Informer(client, certificateSigningRequests, { logger });
    informer.subscribe((change) => {
      const csr = change.object;
      if (change.type !== 'applied' || csr.spec?.signerName !== signerName || csr.status?.conditions) return;
      void judge(csr).then(async (status) => {
        const subresource = 'certificate' in status ? ['approval', 'status'] : ['approval'];
        let current: CertificateSigningRequest = csr;
        for (const each of subresource) {
          current = await client.replace(
            certificateSigningRequests,
            { ...current, status: { ...current.status, ...status } },
            { subresource: each },
          );
        }
      });
    });
    return informer.run(signal);
  }

  const condition = (type: string) => [{ type, status: 'True', reason: 'Tested', message: 'by the test' }];

  test('gets a certificate for its names and a fresh one before it ends', async () => {
    const abort = new AbortController();
    const { certificateFor } = await import('./testing/test-signer.ts');
    const signing = signer(
      'example.io/serving',
      async (csr) => ({
        conditions: condition('Approved'),
        certificate: await certificateFor(csr.spec?.request ?? '', { lifeMs: 6_000 }),
      }),
      abort.signal,
    );
    const requester = new CertificateRequester(client, {
      signerName: 'example.io/serving',
      commonName: 'quick:thing:node-1',
      dnsNames: ['node-1.things.internal'],
      ipAddresses: ['10.0.0.7'],
      usages: ['digital signature', 'server auth'],
      namePrefix: 'thing',
      logger,
    });
    const got: IssuedCertificate[] = [];
    requester.subscribe((certificate) => got.push(certificate));
    const running = requester.run(abort.signal);
    const first = await requester.issued();
    const { X509Certificate } = await import('node:crypto');
    const leaf = new X509Certificate(first.certificatePem);
    expect(leaf.subject).toBe('CN=quick:thing:node-1');
    expect(leaf.subjectAltName).toBe('DNS:node-1.things.internal, IP Address:10.0.0.7');
    await eventually(() => got.length === 2, { timeoutMs: 15_000 });
    expect(got[1]?.keyPem).not.toBe(first.keyPem);
    expect(requester.current).toBe(got[1]);
    abort.abort();
    await Promise.all([running, signing]);
  }, 60_000);

  test('says why when it is denied', async () => {
    const abort = new AbortController();
    const lines: string[] = [];
    const signing = signer(
      'example.io/denied',
      () => Promise.resolve({ conditions: condition('Denied') }),
      abort.signal,
    );
    const requester = new CertificateRequester(client, {
      signerName: 'example.io/denied',
      commonName: 'x',
      usages: ['digital signature', 'client auth'],
      namePrefix: 'denied',
      logger: createLineLogger({ component: 'test', write: (line) => lines.push(line) }),
    });
    const running = requester.run(abort.signal);
    await eventually(() => lines.some((line) => line.includes('denied: by the test')));
    expect(requester.current).toBeUndefined();
    abort.abort();
    await Promise.all([running, signing]);
  }, 60_000);
});
