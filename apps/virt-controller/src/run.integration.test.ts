import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  kubevirts,
  virtualMachineInstances,
  virtualMachines,
  type KubeVirt,
  type VirtualMachine,
} from '@quickvirt/api';
import {
  certificateSigningRequests,
  CertificateRequester,
  configMaps,
  events,
  findCondition,
  isNotFound,
  KubeClient,
  leases,
  namespaces,
  nodes,
  serviceAccounts,
  pods,
  timestamp,
  validatingWebhookConfigurations,
  type Pod,
  type ResourceType,
  type KubeObject,
} from '@quickvirt/kube';
import { encodeExitRecord } from '@quickvirt/launcher-pod';
import { createLogger, Metrics, type Logger } from '@quickvirt/telemetry';
import { eventually, settle, startKubeApiserver, type KubeApiserver } from '@quickvirt/testing';
import { rbac as rights } from './rbac.ts';
import { runVirtController } from './run.ts';

const NAMESPACE = 'quickvirt';
const SERVICE_ACCOUNT = `system:serviceaccount:${NAMESPACE}:virt-controller`;
const CRDS = join(import.meta.dirname, '../../../charts/quickvirt/templates/crds');

let apiserver: KubeApiserver;
/** The administrator: user, kubelet and virt-handler in one. */
let admin: KubeClient;
let kubeconfig: string;
let leader: { stop: () => Promise<void> };
let auditFolder: string;
let auditLog: string;

beforeAll(async () => {
  auditFolder = mkdtempSync(join(tmpdir(), 'quickvirt-audit-'));
  const policy = join(auditFolder, 'policy.json');
  auditLog = join(auditFolder, 'audit.log');
  writeFileSync(policy, JSON.stringify(AUDIT_POLICY));
  apiserver = await startKubeApiserver({ flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${auditLog}`] });
  admin = await KubeClient.load({ kubeconfig: apiserver.kubeconfigPath });
  await install();
  kubeconfig = await apiserver.kubeconfigFor({ name: SERVICE_ACCOUNT });
  leader = await startController('one');
}, 1_800_000);

afterAll(async () => {
  await leader?.stop();
  await admin?.close();
  await apiserver?.stop();
  if (process.env['KEEP_AUDIT'] === undefined) rmSync(auditFolder, { recursive: true, force: true });
});

/** The API server's log of writes, in its own terms. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete'] }],
};

async function apply(...objects: object[]): Promise<void> {
  const file = join(apiserver.folder, `${crypto.randomUUID()}.json`);
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  await apiserver.kubectl('apply', '--server-side', '-f', file);
}

async function install(): Promise<void> {
  const ours = ['virtualmachines.kubevirt.io', 'virtualmachineinstances.kubevirt.io', 'kubevirts.kubevirt.io'];
  const files = readdirSync(CRDS).filter((file) => ours.some((name) => file === `${name}.yaml`));
  await apiserver.kubectl('create', ...files.flatMap((file) => ['-f', join(CRDS, file)]));
  const established = ours.map((name) => `crd/${name}`);
  // kubectl gives up on a CRD that has no status yet.
  await eventually(() => apiserver.kubectl('wait', '--for=condition=Established', '--timeout=60s', ...established));
  await admin.create(namespaces, { metadata: { name: NAMESPACE } });
  const rbac = 'rbac.authorization.k8s.io';
  const subjects = [{ kind: 'User', name: SERVICE_ACCOUNT, apiGroup: rbac }];
  const named = { name: 'virt-controller' };
  const inNamespace = { ...named, namespace: NAMESPACE };
  await apply(
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: named, rules: rights.cluster },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: inNamespace, rules: rights.namespaced },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: named,
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'virt-controller' },
      subjects,
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: inNamespace,
      roleRef: { apiGroup: rbac, kind: 'Role', name: 'virt-controller' },
      subjects,
    },
    {
      apiVersion: 'kubevirt.io/v1',
      kind: 'KubeVirt',
      metadata: { name: 'kubevirt', namespace: NAMESPACE },
      spec: { configuration: { developerConfiguration: { useEmulation: true } } },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'virt-api-validator' },
      webhooks: [
        {
          name: 'nothing.kubevirt.io',
          admissionReviewVersions: ['v1'],
          sideEffects: 'None',
          clientConfig: { service: { name: 'virt-api', namespace: NAMESPACE } },
          rules: [],
        },
      ],
    },
  );
}

async function startController(podName: string): Promise<{ stop: () => Promise<void> }> {
  const client = await KubeClient.load({ kubeconfig });
  const abort = new AbortController();
  const logger: Logger = createLogger({ component: 'virt-controller', verbosity: 0 });
  const options = {
    launcherImage: 'registry.test/launcher:1',
    logVerbosity: 0,
    healthPort: 0,
    namespace: NAMESPACE,
    podName,
    firstConfigurationPath: undefined,
  };
  const quiet = { ...logger, info: () => undefined, debug: () => undefined };
  const running = runVirtController(options, { client, logger: quiet, metrics: new Metrics() }, abort.signal);
  return {
    stop: async () => {
      abort.abort();
      await running;
      await client.close();
    },
  };
}

function aVm(name: string, change: Partial<VirtualMachine['spec']> = {}): VirtualMachine {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name, namespace: 'default' },
    spec: {
      runStrategy: 'Always',
      template: {
        spec: {
          terminationGracePeriodSeconds: 5,
          domain: {
            memory: { guest: '128Mi' },
            devices: { autoattachPodInterface: false, disks: [{ name: 'root', disk: { bus: 'virtio' } }] },
          },
          volumes: [{ name: 'root', containerDisk: { image: 'registry.test/disk:1' } }],
        },
      },
      ...change,
    },
  };
}

const here = (name: string) => ({ name, namespace: 'default' });
const vmOf = (name: string) => admin.get(virtualMachines, here(name));
const vmiOf = (name: string) => admin.get(virtualMachineInstances, here(name));

async function podOf(vmName: string): Promise<Pod> {
  const found = await admin.list(pods, { namespace: 'default', labelSelector: 'kubevirt.io=virt-launcher' });
  const pod = found.items.find(({ metadata }) => metadata.name?.startsWith(`virt-launcher-${vmName}-`));
  if (!pod) throw new Error(`no launcher pod of ${vmName}`);
  return pod;
}

async function isGone(type: ResourceType<KubeObject>, name: string): Promise<boolean> {
  try {
    await admin.get(type, here(name));
    return false;
  } catch (error) {
    if (isNotFound(error)) return true;
    throw error;
  }
}

/** What the scheduler and the kubelet do. */
async function bind(pod: Pod, node = 'node1'): Promise<void> {
  await admin.request({
    method: 'POST',
    path: `/api/v1/namespaces/default/pods/${pod.metadata.name}/binding`,
    body: {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: pod.metadata.name },
      target: { kind: 'Node', name: node },
    },
  });
}

async function podStatus(pod: Pod, status: object): Promise<void> {
  await admin.patch(pods, here(pod.metadata.name ?? ''), { status }, { kind: 'merge', subresource: 'status' });
}

const AT = '2026-01-01T00:00:00Z';
const container = (state: object) => ({
  name: 'compute',
  image: 'x',
  imageID: 'x',
  ready: false,
  restartCount: 0,
  state,
});
const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: AT };

async function run(pod: Pod): Promise<void> {
  await podStatus(pod, {
    phase: 'Running',
    conditions: [scheduled, { type: 'Ready', status: 'True', lastTransitionTime: AT }],
    containerStatuses: [{ ...container({ running: { startedAt: AT } }), ready: true }],
  });
}

async function end(pod: Pod, phase: 'Succeeded' | 'Failed', terminated: object): Promise<void> {
  await podStatus(pod, {
    phase,
    conditions: [scheduled, { type: 'Ready', status: 'False', reason: 'PodCompleted', lastTransitionTime: AT }],
    containerStatuses: [container({ terminated: { exitCode: 0, startedAt: AT, finishedAt: AT, ...terminated } })],
  });
}

/** What virt-handler does once the domain runs. */
async function guestRuns(name: string): Promise<void> {
  const { metadata } = await vmiOf(name);
  const status = {
    phase: 'Running',
    phaseTransitionTimestamps: [{ phase: 'Running', phaseTransitionTimestamp: timestamp(new Date()) }],
  };
  const { uid, resourceVersion } = metadata;
  const object = {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { ...here(name), uid, resourceVersion },
    status,
  };
  await admin.patch(virtualMachineInstances, here(name), object, {
    kind: 'apply',
    subresource: 'status',
    fieldManager: 'virt-handler',
    force: true,
  });
}

/** The pod's containers are gone: the kubelet lets the object go. */
async function reap(pod: Pod): Promise<void> {
  await admin.delete(pods, here(pod.metadata.name ?? ''), { gracePeriodSeconds: 0 });
}

async function toRunning(name: string): Promise<Pod> {
  const pod = await eventually(() => podOf(name));
  await bind(pod);
  await run(pod);
  await settle(async () => expect((await vmiOf(name)).status?.phase).toBe('Scheduled'));
  await guestRuns(name);
  await settle(async () => expect((await vmOf(name)).status?.ready).toBe(true));
  return pod;
}

describe('a VM', () => {
  test('becomes an instance, a pod, and runs where the pod runs', async () => {
    await admin.create(virtualMachines, aVm('boots'));
    const pod = await eventually(() => podOf('boots'));
    expect(pod.metadata.ownerReferences?.[0]).toMatchObject({
      kind: 'VirtualMachineInstance',
      name: 'boots',
      controller: true,
    });
    await settle(async () =>
      expect((await vmOf('boots')).status).toMatchObject({ printableStatus: 'Starting', created: true }),
    );
    await bind(pod);
    await run(pod);
    await settle(async () => {
      const vmi = await vmiOf('boots');
      expect(vmi.status).toMatchObject({
        phase: 'Scheduled',
        nodeName: 'node1',
        activePods: { [pod.metadata.uid ?? '']: 'node1' },
      });
      expect(vmi.metadata.labels?.['kubevirt.io/nodeName']).toBe('node1');
      expect((await podOf('boots')).metadata.labels?.['kubevirt.io/nodeName']).toBe('node1');
    });
    await guestRuns('boots');
    await settle(async () => {
      const { status } = await vmOf('boots');
      expect(status).toMatchObject({ printableStatus: 'Running', ready: true, created: true, runStrategy: 'Always' });
    });
    const phases = (await vmiOf('boots')).status?.phaseTransitionTimestamps?.map(({ phase }) => phase);
    expect(phases?.toSorted()).toEqual(['Pending', 'Running', 'Scheduled', 'Scheduling']);
    const told = (await admin.list(events, { namespace: 'default', fieldSelector: 'involvedObject.name=boots' })).items;
    expect(told.map(({ reason }) => reason)).toEqual(['SuccessfulCreate', 'SuccessfulCreate']);
  }, 60_000);

  test('that is deleted takes its instance and pod with it', async () => {
    await admin.create(virtualMachines, aVm('deleted'));
    const pod = await toRunning('deleted');
    await admin.delete(virtualMachines, here('deleted'));
    await settle(async () => {
      const { metadata } = await podOf('deleted');
      expect(metadata.deletionGracePeriodSeconds).toBe(20);
      expect((await vmOf('deleted')).status?.printableStatus).toBe('Terminating');
    });
    await reap(pod);
    await settle(async () => {
      expect(await isGone(virtualMachineInstances, 'deleted')).toBe(true);
      expect(await isGone(virtualMachines, 'deleted')).toBe(true);
    });
  }, 60_000);

  test('that is deleted before its pod is placed leaves nothing', async () => {
    await admin.create(virtualMachines, aVm('early'));
    await eventually(() => podOf('early'));
    await admin.delete(virtualMachines, here('early'));
    await settle(async () => {
      expect(await isGone(virtualMachines, 'early')).toBe(true);
      await expect(podOf('early')).rejects.toThrow('no launcher pod');
    });
  }, 60_000);

  test('starts anew after its guest ended, and RerunOnFailure stays down after a success', async () => {
    await admin.create(virtualMachines, aVm('once-more'));
    await admin.create(virtualMachines, aVm('enough', { runStrategy: 'RerunOnFailure' }));
    const [first, last] = [await toRunning('once-more'), await toRunning('enough')];
    const message = encodeExitRecord({
      version: 1,
      phase: 'Succeeded',
      reason: 'GuestShutdown',
      message: 'off',
      lastLogLines: [],
    });
    await end(first, 'Succeeded', { message });
    await end(last, 'Succeeded', { message });
    // A kubelet is told to delete them, and does.
    await eventually(
      async () =>
        (await podOf('once-more')).metadata.deletionTimestamp ??
        (await podOf('once-more')).metadata.uid !== first.metadata.uid,
    );
    await settle(async () => {
      expect((await podOf('once-more')).metadata.uid).not.toBe(first.metadata.uid);
      expect((await vmOf('enough')).status?.printableStatus).toBe('Stopped');
      expect(await isGone(virtualMachineInstances, 'enough')).toBe(true);
    });
  }, 60_000);

  test('that cannot be served says which field, and gets no pod', async () => {
    const vm = aVm('fancy');
    const spec = vm.spec.template.spec;
    if (spec) spec.domain.devices = { ...spec.domain.devices, clientPassthrough: {} };
    await admin.create(virtualMachines, vm);
    await settle(async () => {
      const synchronized = findCondition((await vmiOf('fancy')).status?.conditions, 'Synchronized');
      expect(synchronized).toMatchObject({ status: 'False', reason: 'FeatureNotAvailable' });
      expect(synchronized?.message).toContain('spec.domain.devices.clientPassthrough');
    });
    await expect(podOf('fancy')).rejects.toThrow('no launcher pod');
  }, 60_000);

  test('costs four writes on its instance, two on the VM and one on the pod', async () => {
    await admin.create(virtualMachines, aVm('counted'));
    await toRunning('counted');
    const written = readFileSync(auditLog, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditEvent);
    const ours = written.filter(
      ({ user, objectRef }) => user.username === SERVICE_ACCOUNT && isAbout(objectRef, 'counted'),
    );
    const count = (resource: string) =>
      ours.filter(({ objectRef, verb }) => objectRef.resource === resource && verb !== 'create').length;
    // Without webhooks the VM's finalizer is ours to add, and the readiness follows virt-handler's write.
    expect({ vmis: count('virtualmachineinstances'), vms: count('virtualmachines'), pods: count('pods') }).toEqual({
      vmis: 4,
      vms: 3,
      pods: 1,
    });
    expect(ours.filter(({ responseStatus }) => responseStatus.code >= 400)).toEqual([]);
  }, 60_000);
});

interface AuditEvent {
  user: { username: string };
  verb: string;
  objectRef: { resource: string; name?: string };
  responseStatus: { code: number };
}

const isAbout = ({ name }: AuditEvent['objectRef'], vm: string) =>
  name === vm || name?.startsWith(`virt-launcher-${vm}-`) === true;

describe('a guest that ends badly', () => {
  test.each<[string, object, string]>([
    [
      'QEMU was killed',
      {
        exitCode: 3,
        message: encodeExitRecord({
          version: 1,
          phase: 'Failed',
          reason: 'QemuKilled',
          message: 'signal 9',
          lastLogLines: [],
        }),
      },
      'QemuKilled',
    ],
    ['the launcher was killed', { exitCode: 137 }, 'LauncherKilled'],
    ['the kernel killed it for its memory', { exitCode: 137, reason: 'OOMKilled' }, 'OOMKilled'],
  ])(
    '%s',
    async (_what, terminated, reason) => {
      const name = `ends-${reason.toLowerCase()}`;
      await admin.create(virtualMachines, aVm(name, { runStrategy: 'Once' }));
      const pod = await toRunning(name);
      await end(pod, 'Failed', terminated);
      await settle(async () => {
        const { status } = await vmiOf(name);
        expect(status).toMatchObject({ phase: 'Failed', reason });
        expect(findCondition(status?.conditions, 'Ready')).toMatchObject({
          status: 'False',
          reason: 'GuestNotRunning',
        });
      });
    },
    60_000,
  );

  test('its pod vanished', async () => {
    await admin.create(virtualMachines, aVm('vanished', { runStrategy: 'Once' }));
    await reap(await toRunning('vanished'));
    await settle(async () =>
      expect((await vmiOf('vanished')).status).toMatchObject({ phase: 'Failed', reason: 'PodDeleted' }),
    );
  }, 60_000);
});

describe('a pod that does not start', () => {
  test('no such image', async () => {
    await admin.create(virtualMachines, aVm('no-image'));
    const pod = await eventually(() => podOf('no-image'));
    await bind(pod);
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "registry.test/disk:1"' };
    await podStatus(pod, { conditions: [scheduled], containerStatuses: [container({ waiting })] });
    await settle(async () => expect((await vmOf('no-image')).status?.printableStatus).toBe('ImagePullBackOff'));
    await run(pod);
    await settle(async () =>
      expect(findCondition((await vmiOf('no-image')).status?.conditions, 'Synchronized')).toBeUndefined(),
    );
  }, 60_000);

  test('no node with KVM', async () => {
    await admin.create(virtualMachines, aVm('no-kvm'));
    const pod = await eventually(() => podOf('no-kvm'));
    const message = '0/3 nodes are available: 3 Insufficient devices.kubevirt.io/kvm.';
    await podStatus(pod, { conditions: [{ ...scheduled, status: 'False', reason: 'Unschedulable', message }] });
    await settle(async () => {
      const { status } = await vmOf('no-kvm');
      expect(status?.printableStatus).toBe('ErrorUnschedulable');
      expect(findCondition(status?.conditions, 'PodScheduled')?.message).toContain('useEmulation');
    });
  }, 60_000);

  test("a Secret that is missing, by the kubelet's event", async () => {
    await admin.create(virtualMachines, aVm('no-secret'));
    const pod = await eventually(() => podOf('no-secret'));
    await bind(pod);
    const { name, namespace, uid } = pod.metadata;
    await admin.create(events, {
      metadata: { name: 'no-secret.1', namespace: 'default' },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
      reason: 'FailedMount',
      type: 'Warning',
      message: 'MountVolume.SetUp failed for volume "seed" : secret "seed" not found',
    });
    await settle(async () => {
      const synchronized = findCondition((await vmOf('no-secret')).status?.conditions, 'Synchronized');
      expect(synchronized).toMatchObject({ status: 'False', reason: 'FailedMount' });
      expect(synchronized?.message).toContain('secret "seed" not found');
    });
  }, 60_000);
});

describe('certificates', () => {
  const requestAs = async (user: string, commonName: string) => {
    const client = await KubeClient.load({
      kubeconfig: await apiserver.kubeconfigFor({ name: user, group: 'system:masters' }),
    });
    return new CertificateRequester(client, {
      signerName: 'quickvirt.io/virt-api-serving',
      commonName,
      dnsNames: [`virt-api.${NAMESPACE}.svc`],
      usages: ['digital signature', 'server auth'],
      namePrefix: 'test',
      logger: createLogger({ component: 'test', verbosity: 0 }),
    });
  };

  test('virt-api gets one, signed by the CA that everybody is told to trust', async () => {
    const requester = await requestAs(`system:serviceaccount:${NAMESPACE}:virt-api`, `virt-api.${NAMESPACE}.svc`);
    const stop = new AbortController();
    const running = requester.run(stop.signal);
    const { certificatePem } = await requester.issued();
    stop.abort();
    await running;
    const bundle = (await admin.get(configMaps, { name: 'quickvirt-ca', namespace: NAMESPACE })).data?.['ca.crt'] ?? '';
    const { X509Certificate } = await import('node:crypto');
    const [leaf, ca] = [new X509Certificate(certificatePem), new X509Certificate(bundle)];
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkHost(`virt-api.${NAMESPACE}.svc`)).toBeDefined();
  }, 60_000);

  test("virt-handler gets one for the node of its pod's token, and for no other", async () => {
    await admin.create(serviceAccounts, { metadata: { name: 'virt-handler', namespace: NAMESPACE } });
    await admin.create(nodes, { metadata: { name: 'node1' } });
    const pod: Pod = {
      metadata: { name: 'virt-handler-x', namespace: NAMESPACE },
      spec: { serviceAccountName: 'virt-handler', nodeName: 'node1', containers: [{ name: 'x', image: 'x' }] },
    };
    const { metadata } = await admin.create(pods, pod);
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: metadata.name, uid: metadata.uid };
    const { status } = await admin.request<{ status: { token: string } }>({
      method: 'POST',
      path: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/virt-handler/token`,
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { boundObjectRef } },
    });
    await apiserver.kubectl(
      'create',
      'clusterrolebinding',
      'virt-handler',
      '--clusterrole=cluster-admin',
      `--serviceaccount=${NAMESPACE}:virt-handler`,
    );
    const client = await KubeClient.load({ kubeconfig: tokenKubeconfig(status.token) });
    const refused = Promise.withResolvers<unknown>();
    const logger: Logger = {
      ...createLogger({ component: 'test', verbosity: 0 }),
      info: () => undefined,
      error: (_message, fields) => refused.resolve(fields?.error),
    };
    const requester = (node: string) =>
      new CertificateRequester(client, {
        signerName: 'quickvirt.io/virt-handler-serving',
        commonName: `quickvirt:virt-handler:${node}`,
        dnsNames: [`${node}.virt-handler.quickvirt.internal`],
        usages: ['digital signature', 'server auth'],
        namePrefix: 'test',
        logger,
      });
    const stop = new AbortController();
    const [own, foreign] = [requester('node1'), requester('node2')];
    const running = [own.run(stop.signal), foreign.run(stop.signal)];
    expect((await own.issued()).certificatePem).toContain('BEGIN CERTIFICATE');
    expect(String(await refused.promise)).toContain('is not quickvirt:virt-handler:node1');
    stop.abort();
    await Promise.all(running);
    expect(foreign.current).toBeUndefined();
    await client.close();
  }, 60_000);

  /** A kubeconfig that logs in by token. */
  const tokenKubeconfig = (token: string): string => {
    const path = join(apiserver.folder, 'token.kubeconfig');
    const cluster = {
      server: apiserver.url,
      'certificate-authority-data': Buffer.from(apiserver.authority.certificatePem).toString('base64'),
    };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster }],
      users: [{ name: 'test', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      'current-context': 'test',
    };
    writeFileSync(path, JSON.stringify(config));
    return path;
  };

  test('somebody else is denied, with the reason', async () => {
    const { metadata } = await apiserverRequest('jane');
    await settle(async () => {
      const { status } = await admin.get(certificateSigningRequests, { name: metadata.name ?? '' });
      const denied = status?.conditions?.find(({ type }) => type === 'Denied');
      expect(denied?.message).toContain('jane may not ask quickvirt.io/virt-api-serving');
    });
  }, 60_000);

  const apiserverRequest = async (user: string) => {
    const client = await KubeClient.load({
      kubeconfig: await apiserver.kubeconfigFor({ name: user, group: 'system:masters' }),
    });
    const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const keys = await webcrypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
    const made = await Pkcs10CertificateRequestGenerator.create({ name: 'CN=virt-api', keys, signingAlgorithm });
    const request = Buffer.from(made.toString('pem')).toString('base64');
    const spec = { request, signerName: 'quickvirt.io/virt-api-serving', usages: ['server auth'] };
    try {
      return await client.create(certificateSigningRequests, { metadata: { generateName: 'denied-' }, spec });
    } finally {
      await client.close();
    }
  };

  test('webhook configurations carry the bundle', async () => {
    await settle(async () => {
      const { webhooks } = await admin.get(validatingWebhookConfigurations, { name: 'virt-api-validator' });
      const bundle =
        (await admin.get(configMaps, { name: 'quickvirt-ca', namespace: NAMESPACE })).data?.['ca.crt'] ?? '';
      expect(Buffer.from(webhooks?.[0]?.clientConfig.caBundle ?? '', 'base64').toString()).toBe(bundle);
    });
  }, 60_000);
});

test('the KubeVirt object tells what is missing', async () => {
  const { status } = await eventually(async () => {
    const kubevirt: KubeVirt = await admin.get(kubevirts, { name: 'kubevirt', namespace: NAMESPACE });
    return kubevirt.status?.phase ? kubevirt : undefined;
  });
  expect(status?.phase).toBe('Deploying');
  expect(findCondition(status?.conditions, 'Created')?.message).toContain('DaemonSet virt-handler');
}, 60_000);

test('a second replica takes over when the leader stops, and work goes on', async () => {
  const lease = { name: 'virt-controller', namespace: NAMESPACE };
  const holder = async () => (await admin.get(leases, lease)).spec?.holderIdentity ?? '';
  expect(await holder()).toMatch(/^one_/);
  const second = await startController('two');
  await leader.stop();
  leader = second;
  await admin.create(virtualMachines, aVm('after-hand-over'));
  await eventually(() => podOf('after-hand-over'));
  expect(await holder()).toMatch(/^two_/);
}, 60_000);

test('many VMs, made and deleted while leaders change, leave nothing behind', async () => {
  const names = Array.from({ length: 50 }, (_, index) => `many-${index}`);
  const launcherPods = async () => {
    const { items } = await admin.list(pods, { namespace: 'default', labelSelector: 'kubevirt.io=virt-launcher' });
    return items.filter(({ metadata }) => metadata.name?.startsWith('virt-launcher-many-'));
  };
  const next = async (podName: string) => {
    const successor = await startController(podName);
    await leader.stop();
    leader = successor;
  };
  await Promise.all([...names.map((name) => admin.create(virtualMachines, aVm(name))), next('three')]);
  await settle(async () => expect(await launcherPods()).toHaveLength(50), { timeoutMs: 30_000 });
  await Promise.all([...names.map((name) => admin.delete(virtualMachines, here(name))), next('four')]);
  await settle(
    async () => {
      expect(await launcherPods()).toEqual([]);
      const { items } = await admin.list(virtualMachineInstances, { namespace: 'default' });
      expect(items.filter(({ metadata }) => metadata.name?.startsWith('many-'))).toEqual([]);
      const vms = await admin.list(virtualMachines, { namespace: 'default' });
      expect(vms.items.filter(({ metadata }) => metadata.name?.startsWith('many-'))).toEqual([]);
    },
    { timeoutMs: 30_000 },
  );
}, 120_000);
