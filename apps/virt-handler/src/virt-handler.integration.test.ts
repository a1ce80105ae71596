import 'reflect-metadata';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { virtualMachineInstances, type VirtualMachineInstance } from '@quickvirt/api';
import {
  certificateSigningRequests,
  configMaps,
  events,
  findCondition,
  KubeClient,
  leases,
  namespaces,
  nodes,
  statusApply,
} from '@quickvirt/kube';
import { dialHandler, handlerServerName, RotatingTls, RpcError, type serveLauncher } from '@quickvirt/rpc';
import { Metrics, type Logger } from '@quickvirt/telemetry';
import {
  eventually,
  FakeKubelet,
  settle as settleWithin,
  startKubeApiserver,
  type KubeApiserver,
} from '@quickvirt/testing';
import { serveReleasedLauncher } from '../../../packages/rpc/src/testing/released-launcher.ts';
import { rbac } from './rbac.ts';
import { runVirtHandler } from './run.ts';
import { FakeLauncher } from './testing/fake-launcher.ts';

const NAMESPACE = 'quickvirt';
const NODE = 'node-1';
const USER = `system:serviceaccount:${NAMESPACE}:virt-handler`;
/** What a node's libvirt said, once. */
const CAPABILITIES = join(import.meta.dirname, '../../../packages/node-plan/src/testdata');
const CRDS = join(import.meta.dirname, '../../../charts/quickvirt/templates/crds');
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };

/** A machine under load is slow; what waits, waits for a condition. */
const PATIENCE_MS = 30_000;
jest.setTimeout(2 * PATIENCE_MS);
const settle = (assert: () => void | Promise<void>) => settleWithin(assert, { timeoutMs: PATIENCE_MS });

const launchers: FakeLauncher[] = [];

let apiserver: KubeApiserver;
let admin: KubeClient;
let ca: TestCa;
let root: string;
let kubelet: FakeKubelet;
let kubeconfig: string;
let handler: { grpcPort: number; healthPort: number; stop: () => Promise<void> };

beforeAll(async () => {
  apiserver = await startKubeApiserver();
  admin = await KubeClient.load({ kubeconfig: apiserver.kubeconfigPath });
  root = await mkdtemp(join(tmpdir(), 'vh-'));
  await mkdir(join(root, 'kubelet/device-plugins'), { recursive: true });
  await mkdir(join(root, 'cdi'));
  await aProcess(1, '0::/init.scope');
  await aProcess(2, '0::/kubepods/burstable/pod0b7d3c0e-4f6b-4b0a-9d51-2c1f0f1f9e11/virt-handler');
  kubelet = new FakeKubelet({
    pluginDirectory: join(root, 'kubelet/device-plugins'),
    podResourcesDirectory: join(root, 'kubelet/pod-resources'),
  });
  await kubelet.start();
  ca = await TestCa.create();
  await install();
  kubeconfig = await apiserver.kubeconfigFor({ name: USER });
  handler = await startHandler();
  await signRequests(1);
}, 600_000);

afterAll(async () => {
  await handler?.stop();
  await Promise.all(launchers.map((launcher) => launcher.close()));
  await kubelet?.stop();
  await admin?.close();
  await apiserver?.stop();
  if (root) await rm(root, { recursive: true });
});

async function install(): Promise<void> {
  const crds = ['virtualmachineinstances', 'kubevirts'];
  await apiserver.kubectl('create', ...crds.flatMap((crd) => ['-f', join(CRDS, `${crd}.kubevirt.io.yaml`)]));
  const established = crds.map((crd) => `crd/${crd}.kubevirt.io`);
  await eventually(() => apiserver.kubectl('wait', '--for=condition=Established', '--timeout=60s', ...established));
  for (const name of [NAMESPACE, 'guests']) await admin.create(namespaces, { metadata: { name } });
  await admin.create(nodes, { metadata: { name: NODE } });
  const bundle = { metadata: { name: 'quickvirt-ca', namespace: NAMESPACE }, data: { 'ca.crt': ca.pem } };
  await admin.create(configMaps, bundle);
  const apiGroup = 'rbac.authorization.k8s.io';
  const apiVersion = `${apiGroup}/v1`;
  const subjects = [{ kind: 'User', name: USER, apiGroup }];
  const name = 'virt-handler';
  const items = [
    { apiVersion, kind: 'ClusterRole', metadata: { name }, rules: rbac.cluster },
    { apiVersion, kind: 'Role', metadata: { name, namespace: NAMESPACE }, rules: rbac.namespaced },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup, kind: 'ClusterRole', name },
      subjects,
    },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name, namespace: NAMESPACE },
      roleRef: { apiGroup, kind: 'Role', name },
      subjects,
    },
  ];
  const file = join(root, 'rbac.json');
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await apiserver.kubectl('create', '-f', file);
}

/** A process of the pretended node. `stat` is a real one's, so that its end is seen. */
async function aProcess(pid: number, cgroups: string, stat = `/proc/${process.pid}/stat`): Promise<void> {
  const directory = join(root, 'proc', String(pid));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'cgroup'), `${cgroups}\n`);
  await symlink(stat, join(directory, 'stat'));
}

/** A real process that stands for QEMU in a pod of the pretended node. */
async function aQemu(podUid: string) {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  const cgroup = `kubepods/pod${podUid}/compute`;
  await mkdir(join(root, 'cgroup', cgroup), { recursive: true });
  await aProcess(child.pid ?? 0, `0::/${cgroup}`, `/proc/${child.pid}/stat`);
  return {
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
      await rmdir(join(root, 'cgroup', cgroup));
    },
  };
}

/** virt-controller's part when a pod was removed without a word of its end: it asks the node. */
async function sayPodRemoved(name: string): Promise<void> {
  const vmi = await read(name);
  const { nodeName, activePods } = vmi.status ?? {};
  const lastTransitionTime = '2026-11-21T00:00:00Z';
  const ready = { type: 'Ready', status: 'False' as const, reason: 'PodNotExists', message: 'x', lastTransitionTime };
  await admin.patch(
    virtualMachineInstances,
    { name, namespace: 'guests' },
    statusApply(virtualMachineInstances, vmi, { nodeName, activePods, conditions: [ready] }),
    { kind: 'apply', subresource: 'status', fieldManager: 'virt-controller', force: true },
  );
}

async function startHandler() {
  const client = await KubeClient.load({ kubeconfig });
  const stop = new AbortController();
  const [grpcPort, healthPort] = [await freePort(), await freePort()];
  const running = runVirtHandler(
    {
      nodeName: NODE,
      namespace: NAMESPACE,
      podName: 'virt-handler-x',
      maxDevices: 2,
      logVerbosity: 0,
      healthPort,
      grpcPort,
      kubeletDirectory: join(root, 'kubelet'),
      hostKubeletDirectory: join(root, 'kubelet'),
      deviceDirectory: '/dev',
      cdiDirectory: join(root, 'cdi'),
      sysfsDirectory: join(root, 'sys'),
      stateDirectory: join(root, 'state'),
      capabilitiesDirectory: CAPABILITIES,
    },
    { client, logger, metrics: new Metrics(), podEnd: { proc: join(root, 'proc'), cgroupMount: join(root, 'cgroup') } },
    stop.signal,
  );
  running.catch(() => undefined);
  return {
    grpcPort,
    healthPort,
    stop: async () => {
      stop.abort();
      await running;
      await client.close();
    },
  };
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** virt-controller's part of certificates. */
async function signRequests(count: number): Promise<void> {
  let signed = 0;
  await settle(async () => {
    const { items } = await admin.list(certificateSigningRequests);
    for (const csr of items.filter(({ status }) => !status?.certificate)) {
      const ref = { name: csr.metadata.name ?? '' };
      const now = new Date().toISOString();
      const approved = { type: 'Approved', status: 'True' as const, reason: 'Test', lastUpdateTime: now as never };
      const approval = { ...csr, status: { conditions: [approved] } };
      await admin.replace(certificateSigningRequests, approval as typeof csr, { subresource: 'approval' });
      const certificate = Buffer.from(await ca.sign(Buffer.from(csr.spec.request, 'base64').toString())).toString(
        'base64',
      );
      await admin.patch(
        certificateSigningRequests,
        ref,
        { status: { certificate } },
        { kind: 'merge', subresource: 'status' },
      );
      signed++;
    }
    expect(signed).toBeGreaterThanOrEqual(count);
  });
}

class TestCa {
  readonly #certificate: x509.X509Certificate;
  readonly #keys: x509.X509CertificateCreateSelfSignedParams['keys'];

  private constructor(certificate: x509.X509Certificate, keys: x509.X509CertificateCreateSelfSignedParams['keys']) {
    this.#certificate = certificate;
    this.#keys = keys;
  }

  static async create(): Promise<TestCa> {
    x509.cryptoProvider.set(webcrypto as never);
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const extensions = [new x509.BasicConstraintsExtension(true)];
    return new TestCa(
      await x509.X509CertificateGenerator.createSelfSigned({ name: 'CN=ca', keys, extensions, ...validity() }),
      keys,
    );
  }

  get pem(): string {
    return this.#certificate.toString('pem');
  }

  async sign(requestPem: string): Promise<string> {
    const request = new x509.Pkcs10CertificateRequest(requestPem);
    const names = request.getExtension('2.5.29.17');
    return this.#leaf(request.publicKey, request.subject, [x509.ExtendedKeyUsage.serverAuth], names ? [names] : []);
  }

  async client(commonName: string): Promise<RotatingTls> {
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const certificatePem = await this.#leaf(keys.publicKey, `CN=${commonName}`, [x509.ExtendedKeyUsage.clientAuth], []);
    const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return new RotatingTls({ caPem: this.pem, certificatePem, keyPem: x509.PemConverter.encode(key, 'PRIVATE KEY') });
  }

  async #leaf(publicKey: x509.PublicKeyType, subject: string, ekus: string[], more: x509.Extension[]): Promise<string> {
    const leaf = await x509.X509CertificateGenerator.create({
      publicKey,
      subject,
      issuer: this.#certificate.subject,
      signingKey: this.#keys.privateKey,
      extensions: [new x509.ExtendedKeyUsageExtension(ekus), ...more],
      ...validity(),
    });
    return leaf.toString('pem');
  }
}

function validity() {
  return { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 86_400_000) };
}

/** virt-controller's part: the instance, handed over to the node with its launcher's pod. */
async function handOver(name: string, podUid: string, node = NODE): Promise<VirtualMachineInstance> {
  const vmi = await admin.create(virtualMachineInstances, {
    metadata: { name, namespace: 'guests' },
    spec: {
      domain: { devices: { disks: [{ name: 'root', disk: { bus: 'virtio' } }] }, memory: { guest: '128Mi' } },
      volumes: [{ name: 'root', containerDisk: { image: 'x' } }],
    },
  });
  const status = {
    phase: 'Scheduled' as const,
    nodeName: node,
    activePods: { [podUid]: node },
    conditions: [{ type: 'Ready', status: 'False' as const, lastTransitionTime: '2026-11-21T00:00:00Z' }],
    phaseTransitionTimestamps: [{ phase: 'Scheduled' as const, phaseTransitionTimestamp: '2026-11-21T00:00:00Z' }],
  };
  return admin.patch(
    virtualMachineInstances,
    { name, namespace: 'guests' },
    statusApply(virtualMachineInstances, vmi, status),
    { kind: 'apply', subresource: 'status', fieldManager: 'virt-controller' },
  );
}

const read = (name: string) => admin.get(virtualMachineInstances, { name, namespace: 'guests' });
const eventsOf = async (name: string) =>
  (await admin.list(events, { namespace: 'guests' })).items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, count }) => `${reason} ${count ?? 1}`);

function aLauncher(serve?: typeof serveLauncher): FakeLauncher {
  const launcher = new FakeLauncher(serve);
  launchers.push(launcher);
  return launcher;
}

let next = 0;
const aPodUid = () => `00000000-0000-0000-0000-${String(++next).padStart(12, '0')}`;

describe('virt-handler on a real API server', () => {
  test('becomes ready: devices offered, Lease kept, node labelled, certificate issued', async () => {
    await settle(async () => {
      const answer = await fetch(`http://127.0.0.1:${handler.healthPort}/readyz`);
      expect([answer.status, await answer.text()]).toMatchObject([200, expect.any(String)]);
    });
    expect(kubelet.registrations.map(({ resourceName }) => resourceName)).toContain('devices.kubevirt.io/tun');
    await settle(async () => {
      const lease = await admin.get(leases, { name: `virt-handler-${NODE}`, namespace: NAMESPACE });
      expect(lease.spec?.holderIdentity).toBe('virt-handler-x');
      const node = await admin.get(nodes, { name: NODE });
      expect(node.metadata.labels).toMatchObject({
        'kubevirt.io/schedulable': 'true',
        'machine-type.node.kubevirt.io/q35': 'true',
      });
    });
    const metrics = await (await fetch(`http://127.0.0.1:${handler.healthPort}/metrics`)).text();
    expect(metrics).toMatch(/^kubevirt_virt_handler_ready_status 1$/m);
  });

  test('serves guests whose launchers are of release 0.1.0, which outlive an upgrade', async () => {
    const podUid = aPodUid();
    await handOver('of-0-1-0', podUid);
    const launcher = aLauncher(serveReleasedLauncher);
    await launcher.listenInPod(join(root, 'kubelet'), podUid);
    await settle(async () => expect((await read('of-0-1-0')).status?.phase).toBe('Running'));
    expect(findCondition((await read('of-0-1-0')).status?.conditions, 'Synchronized')?.status).toBe('True');
    launcher.state = { phase: 'DOMAIN_PHASE_PAUSED', reason: 'user' };
    await settle(async () =>
      expect(findCondition((await read('of-0-1-0')).status?.conditions, 'Paused')?.status).toBe('True'),
    );
  });

  test('starts the guest of an instance that was handed over, in one status write', async () => {
    const podUid = aPodUid();
    const before = await handOver('starts', podUid);
    const launcher = aLauncher();
    await launcher.listenInPod(join(root, 'kubelet'), podUid);
    const vmi = await eventually(
      async () => {
        const found = await read('starts');
        return found.status?.phase === 'Running' && found;
      },
      { timeoutMs: PATIENCE_MS },
    );
    expect(launcher.syncs).toHaveLength(1);
    expect(JSON.parse(launcher.syncs[0]!.vmiJson.toString())).toMatchObject({ metadata: { uid: vmi.metadata.uid } });
    expect(JSON.parse(launcher.syncs[0]!.configJson.toString())).toMatchObject({ useEmulation: false });
    expect(vmi.status).toMatchObject({
      machine: { type: 'pc-q35-7.2' },
      memory: { guestAtBoot: '128Mi', guestCurrent: '128Mi', guestRequested: '128Mi' },
      nodeName: NODE,
    });
    expect(vmi.status?.phaseTransitionTimestamps?.map(({ phase }) => phase)).toEqual(['Scheduled', 'Running']);
    expect(findCondition(vmi.status?.conditions, 'Synchronized')?.status).toBe('True');
    expect(findCondition(vmi.status?.conditions, 'Ready')?.status).toBe('True');
    await settle(async () => expect((await eventsOf('starts')).toSorted()).toEqual(['Created 1', 'Started 1']));
    // etcd counts every write: hand-over, then one of ours and two events at most lie between.
    const ours = vmi.metadata.managedFields?.filter((entry: any) => entry.manager === 'virt-handler');
    expect(ours).toHaveLength(1);
    expect(before.metadata.uid).toBe(vmi.metadata.uid);
  });

  test('follows the guest: paused, resumed, ballooned', async () => {
    const podUid = aPodUid();
    const launcher = aLauncher();
    await launcher.listenInPod(join(root, 'kubelet'), podUid);
    await handOver('follows', podUid);
    const paused = async () => findCondition((await read('follows')).status?.conditions, 'Paused');
    await settle(async () => expect((await read('follows')).status?.phase).toBe('Running'));
    launcher.state = { phase: 'DOMAIN_PHASE_PAUSED', reason: 'user', guestMemoryBytes: 2 ** 26 };
    await settle(async () => expect(await paused()).toMatchObject({ status: 'True', reason: 'PausedByUser' }));
    expect((await read('follows')).status?.memory).toMatchObject({ guestAtBoot: '128Mi', guestCurrent: '64Mi' });
    launcher.state = { phase: 'DOMAIN_PHASE_RUNNING', reason: 'unpaused', guestMemoryBytes: 2 ** 27 };
    await settle(async () => expect(await paused()).toBeUndefined());
  });

  test('shows what the launcher refuses, and asks again when the spec changed', async () => {
    const podUid = aPodUid();
    const launcher = aLauncher();
    const started = launcher.onSync;
    launcher.onSync = async () => {
      throw new RpcError('FAILED_PRECONDITION', 'spec.domain.cpu.model: no such model', {
        details: { reason: 'FieldNotServed', field: 'spec.domain.cpu.model' },
      });
    };
    await launcher.listenInPod(join(root, 'kubelet'), podUid);
    await handOver('refused', podUid);
    await settle(async () =>
      expect(findCondition((await read('refused')).status?.conditions, 'Synchronized')).toMatchObject({
        status: 'False',
        reason: 'FieldNotServed',
        message: 'spec.domain.cpu.model: no such model',
      }),
    );
    expect((await read('refused')).status?.phase).toBe('Scheduled');
    await settle(async () => expect(await eventsOf('refused')).toEqual(['SyncFailed 1']));
    expect(launcher.syncs).toHaveLength(1);
    launcher.onSync = started;
    const change = { spec: { domain: { cpu: { cores: 1 } } } };
    await admin.patch(virtualMachineInstances, { name: 'refused', namespace: 'guests' }, change, { kind: 'merge' });
    await settle(async () => expect((await read('refused')).status?.phase).toBe('Running'));
  });

  test("leaves other nodes' instances alone", async () => {
    const podUid = aPodUid();
    const launcher = aLauncher();
    await launcher.listenInPod(join(root, 'kubelet'), podUid);
    await handOver('elsewhere', podUid, 'node-2');
    const mine = aPodUid();
    const own = aLauncher();
    await own.listenInPod(join(root, 'kubelet'), mine);
    await handOver('mine', mine);
    await settle(async () => expect((await read('mine')).status?.phase).toBe('Running'));
    expect(launcher.syncs).toEqual([]);
  });

  test('a restart touches no guest, and what happened meanwhile is in the status', async () => {
    const podUid = aPodUid();
    const launcher = aLauncher();
    await launcher.listenInPod(join(root, 'kubelet'), podUid);
    await handOver('outlives', podUid);
    await settle(async () => expect((await read('outlives')).status?.phase).toBe('Running'));
    await handler.stop();
    launcher.state = { phase: 'DOMAIN_PHASE_PAUSED', reason: 'io-error', guestMemoryBytes: 2 ** 27, machineType: 'q' };
    handler = await startHandler();
    await settle(async () =>
      expect(findCondition((await read('outlives')).status?.conditions, 'Paused')?.reason).toBe('PausedIOError'),
    );
    expect(launcher.syncs).toHaveLength(1);
    expect((await eventsOf('outlives')).toSorted()).toEqual(['Created 1', 'Started 1']);
    await signRequests(1);
  });

  test('pauses and unpauses a guest for virt-api, and tells of it', async () => {
    const podUid = aPodUid();
    const launcher = aLauncher();
    await launcher.listenInPod(join(root, 'kubelet'), podUid);
    const { metadata } = await handOver('pauses', podUid);
    await settle(async () => expect((await read('pauses')).status?.phase).toBe('Running'));
    const vmi = { namespace: 'guests', name: 'pauses', uid: metadata.uid };
    const client = dialHandler({
      address: `127.0.0.1:${handler.grpcPort}`,
      serverName: handlerServerName(NODE),
      tls: await ca.client('quickvirt:virt-api'),
    });
    const paused = async () => findCondition((await read('pauses')).status?.conditions, 'Paused')?.status;
    try {
      await client.pause({ vmi });
      await settle(async () => expect(await paused()).toBe('True'));
      await client.unpause({ vmi });
      await settle(async () => expect(await paused()).toBeUndefined());
      await settle(async () =>
        expect(await eventsOf('pauses')).toEqual(expect.arrayContaining(['Paused 1', 'Unpaused 1'])),
      );
      await expect(client.pause({ vmi: { ...vmi, uid: 'another' } })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(client.pause({})).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    } finally {
      client.close();
    }
  });

  test('ends guests that the cluster has given up: at its own start, and when an instance goes', async () => {
    const guest = (name: string) => ({
      phase: 'DOMAIN_PHASE_RUNNING' as const,
      reason: 'booted',
      domainXml: `<domain type='kvm'><name>guests_${name}</name></domain>`,
    });
    const [stays, stray, leaves] = [aLauncher(), aLauncher(), aLauncher()];
    const [staysPod, strayPod, leavesPod] = [aPodUid(), aPodUid(), aPodUid()];
    stays.onSync = async () => void (stays.state = guest('stays'));
    leaves.onSync = async () => void (leaves.state = guest('leaves'));
    await stays.listenInPod(join(root, 'kubelet'), staysPod);
    await handOver('stays', staysPod);
    await settle(async () => expect((await read('stays')).status?.phase).toBe('Running'));
    await handler.stop();
    // The node stood still: a successor of this instance runs elsewhere by now.
    stray.state = guest('elsewhere');
    await stray.listenInPod(join(root, 'kubelet'), strayPod);
    await leaves.listenInPod(join(root, 'kubelet'), leavesPod);
    handler = await startHandler();
    await signRequests(1);
    await settle(() => Promise.resolve(expect(stray.destroyed).toBe(1)));
    await handOver('leaves', leavesPod);
    await settle(async () => expect((await read('leaves')).status?.phase).toBe('Running'));
    await admin.delete(virtualMachineInstances, { namespace: 'guests', name: 'leaves' });
    await settle(() => Promise.resolve(expect(leaves.destroyed).toBe(1)));
    expect(stays.destroyed).toBe(0);
    expect(stray.destroyed).toBe(1);
  });

  test('tells that nothing is left of a pod that was removed by force: once its last process ends, or at its start', async () => {
    const gone = async (name: string) => findCondition((await read(name)).status?.conditions, 'LauncherGone');
    const podUid = aPodUid();
    const launcher = aLauncher();
    await launcher.listenInPod(join(root, 'kubelet'), podUid);
    const qemu = await aQemu(podUid);
    await handOver('removed', podUid);
    await settle(async () => expect((await read('removed')).status?.phase).toBe('Running'));
    await sayPodRemoved('removed');
    await launcher.close();
    // The launcher is gone, its QEMU is not: silence is no proof.
    await settle(async () =>
      expect(findCondition((await read('removed')).status?.conditions, 'Ready')?.reason).toBe('PodNotExists'),
    );
    expect(await gone('removed')).toBeUndefined();
    await qemu.kill();
    await settle(async () => expect(await gone('removed')).toMatchObject({ status: 'True', reason: 'NoProcessLeft' }));
    expect((await read('removed')).status?.phase).toBe('Running');

    const absent = aPodUid();
    const other = aLauncher();
    await other.listenInPod(join(root, 'kubelet'), absent);
    await handOver('removed-meanwhile', absent);
    await settle(async () => expect((await read('removed-meanwhile')).status?.phase).toBe('Running'));
    await handler.stop();
    await other.close();
    await sayPodRemoved('removed-meanwhile');
    handler = await startHandler();
    await signRequests(1);
    await settle(async () => expect(await gone('removed-meanwhile')).toMatchObject({ status: 'True' }));
  });

  test('bridges a console from virt-api to the launcher, and refuses anybody else', async () => {
    const podUid = aPodUid();
    const launcher = aLauncher();
    await launcher.listenInPod(join(root, 'kubelet'), podUid);
    const { metadata } = await handOver('speaks', podUid);
    await settle(async () => expect((await read('speaks')).status?.phase).toBe('Running'));
    const open = { namespace: 'guests', name: 'speaks', uid: metadata.uid };
    const dial = async (commonName: string) =>
      dialHandler({
        address: `127.0.0.1:${handler.grpcPort}`,
        serverName: handlerServerName(NODE),
        tls: await ca.client(commonName),
      });
    const client = await dial('quickvirt:virt-api');
    const stream = client.console();
    stream.write({ open });
    stream.write({ data: Buffer.from('hello') });
    const [{ data }] = (await once(stream, 'data')) as [{ data: Buffer }];
    expect(data.toString()).toBe('hello');
    stream.end();
    await once(stream, 'end');
    client.close();

    const stranger = await dial('quickvirt:virt-handler:node-2');
    const refused = stranger.console();
    refused.write({ open });
    expect((await once(refused, 'error'))[0]).toMatchObject({ code: 'PERMISSION_DENIED' });
    stranger.close();
  });
});
