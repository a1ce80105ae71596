import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join, resolve } from 'node:path';
import type { Duplex, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kubevirts, VERSION, virtualMachineInstances, virtualMachines, type VirtualMachine } from '@quickvirt/api';
import { type ApiError, KubeClient, Manager, systemClock } from '@quickvirt/kube';
import { handlerServerName, RotatingTls, RpcError, serveHandler, type RpcServer } from '@quickvirt/rpc';
import { createLineLogger, Metrics } from '@quickvirt/telemetry';
import { eventually, settle, startKubeApiserver, type KubeApiserver } from '@quickvirt/testing';
import { rbac } from './rbac.ts';
import { CsrSigner } from './testing/csr-signer.ts';
import { VirtApi } from './virt-api.ts';

const NAMESPACE = 'quickvirt';
const NODE = 'node1';
/** virt-handler's port is fixed; a loopback address of our own keeps tests apart. */
const HANDLER_IP = '127.86.86.1';
const repository = resolve(import.meta.dirname, '../../..');

let apiserver: KubeApiserver;
let admin: KubeClient;
let port: number;
let handler: RpcServer;
const stopping = new AbortController();
const ends: (() => Promise<unknown>)[] = [];
/** The waits of a virt-api that stops: until the Service's endpoints have forgotten it, and for open streams. */
const forgotten = Promise.withResolvers<void>();
const patience = Promise.withResolvers<void>();
const waitAsToldTo = (delayMs: number): Promise<void> => {
  if (delayMs > 10_000) return patience.promise;
  return delayMs > 2_500 ? forgotten.promise : Promise.resolve();
};
let stopVirtApi: () => Promise<void>;
let stopped: Promise<void> | undefined;

beforeAll(async () => {
  apiserver = await startKubeApiserver();
  admin = await KubeClient.load({ kubeconfig: apiserver.kubeconfigPath });
  const signer = await CsrSigner.create();
  await installCluster(signer.caPem);
  const signing = signer.run(admin, stopping.signal);
  handler = await startHandler(signer);
  const metrics = new Metrics();
  const client = await KubeClient.load({ kubeconfig: await virtApiKubeconfig(), metrics, metricsPrefix: 'kubevirt_' });
  const logger = createLineLogger({ component: 'virt-api', verbosity: 0, write: (line) => logLines.push(line) });
  const virtApi = new VirtApi({
    client,
    installNamespace: NAMESPACE,
    port: 0,
    host: '127.0.0.1',
    build: { gitCommit: '0', buildDate: '2026-01-01T00:00:00Z' },
    logger,
    metrics,
    clock: { ...systemClock, sleep: waitAsToldTo },
  });
  const manager = new Manager({ logger });
  virtApi.addTo(manager);
  const served = await virtApi.serve();
  port = served.port;
  const running = manager.run(stopping.signal);
  stopVirtApi = () => (stopped ??= served.stop());
  ends.push(
    () => stopVirtApi(),
    () => Promise.all([running, signing]),
    () => client.close(),
    () => admin.close(),
  );
  await eventually(async () => (await direct('/readyz')).status === 200, { timeoutMs: 20_000 });
  await registerWithApiserver(signer.caPem);
}, 1_800_000);

afterAll(async () => {
  stopping.abort();
  forgotten.resolve();
  patience.resolve();
  for (const end of ends) await end();
  await handler?.close(0);
  await apiserver?.stop();
}, 60_000);

const logLines: string[] = [];

const vm = (name: string, spec: Partial<VirtualMachine['spec']> = {}): VirtualMachine => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachine',
  metadata: { name, namespace: 'default' },
  spec: {
    runStrategy: 'Halted',
    template: { spec: { domain: { devices: {}, memory: { guest: '128Mi' } } } },
    ...spec,
  },
});

describe('webhooks', () => {
  test('fill in what identifies a VM, and nothing in lists', async () => {
    const created = await admin.create(virtualMachines, vm('identity'));
    const { architecture, domain } = created.spec.template.spec ?? {};
    expect(architecture).toBe('amd64');
    expect(domain?.machine?.type).toBe('q35');
    expect(domain?.firmware).toEqual({
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      serial: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(domain?.devices).toEqual({});
  });

  test("carry the identity over when a client's replace leaves it out", async () => {
    const created = await admin.create(virtualMachines, vm('replaced'));
    const { resourceVersion } = created.metadata;
    const replaced = await admin.replace(virtualMachines, {
      ...vm('replaced', { runStrategy: 'Manual' }),
      metadata: { name: 'replaced', namespace: 'default', resourceVersion },
    });
    expect(replaced.spec.runStrategy).toBe('Manual');
    expect(replaced.spec.template).toEqual(created.spec.template);
  });

  test('refuse with every cause, and accept when it is corrected', async () => {
    const wrong = vm('wrong', {
      template: {
        spec: {
          hostname: 'A.B',
          domain: { memory: { guest: '128Mi' }, devices: { disks: [{ name: 'x', disk: { bus: 'virtio' } }] } },
        },
      },
    });
    const refusal = await admin.create(virtualMachines, wrong).then(
      () => undefined,
      (error: ApiError) => error,
    );
    expect(refusal).toMatchObject({ status: 422, reason: 'Invalid' });
    expect(refusal?.details?.causes?.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['spec.template.spec.hostname', 'spec.template.spec.domain.devices.disks[0].name']),
    );
    await admin.create(virtualMachines, vm('wrong'));
  });

  test('keep users from changing the spec of a VMI, not from labelling it', async () => {
    await createVmi('guarded', 'Scheduling');
    const ref = { namespace: 'default', name: 'guarded' };
    const change = { spec: { terminationGracePeriodSeconds: 5 } };
    await expect(admin.patch(virtualMachineInstances, ref, change, { kind: 'merge' })).rejects.toMatchObject({
      status: 422,
    });
    const labelled = await admin.patch(
      virtualMachineInstances,
      ref,
      { metadata: { labels: { a: 'b' } } },
      { kind: 'merge' },
    );
    expect(labelled.metadata.labels).toEqual({ a: 'b' });
    expect(labelled.spec.domain.firmware?.uuid).toBeDefined();
  });

  test('follow the KubeVirt object', async () => {
    const ref = { namespace: NAMESPACE, name: 'kubevirt' };
    await admin.patch(kubevirts, ref, { spec: { configuration: { machineType: 'pc-q35-9.2' } } }, { kind: 'merge' });
    const { metadata } = await admin.get(kubevirts, ref);
    await eventually(
      async () => (await direct('/healthz')).json['config-resource-version'] === metadata.resourceVersion,
    );
    const created = await admin.create(virtualMachines, vm('configured'));
    expect(created.spec.template.spec?.domain.machine?.type).toBe('pc-q35-9.2');
  });
});

describe('the aggregated API', () => {
  test('is discovered by kubectl in both versions', async () => {
    for (const version of ['v1', 'v1alpha3']) {
      await settle(async () => {
        const list = JSON.parse(
          await apiserver.kubectl('get', '--raw', `/apis/subresources.kubevirt.io/${version}`),
        ) as {
          resources: { name: string; verbs: string[] }[];
        };
        expect(list.resources).toContainEqual(
          expect.objectContaining({ name: 'virtualmachines/start', verbs: ['update'] }),
        );
      });
    }
    await settle(async () =>
      expect(await apiserver.kubectl('get', 'apiservices', '-o', 'wide')).toMatch(
        /v1\.subresources\.kubevirt\.io\s+\S+\s+True/,
      ),
    );
    const openApi = await eventually(
      async () =>
        JSON.parse(await apiserver.kubectl('get', '--raw', '/openapi/v3/apis/subresources.kubevirt.io/v1')) as {
          paths: object;
        },
      { timeoutMs: 60_000, intervalMs: 500 },
    );
    expect(Object.keys(openApi.paths)).toContain(
      '/apis/subresources.kubevirt.io/v1/namespaces/{namespace}/virtualmachines/{name}/start',
    );
  }, 90_000);

  test('tells its version as virtctl asks for it', async () => {
    const info = JSON.parse(
      await apiserver.kubectl('get', '--raw', '/apis/subresources.kubevirt.io/v1/version'),
    ) as object;
    expect(info).toMatchObject({ gitVersion: VERSION, compiler: 'gc', platform: 'linux/amd64' });
    expect(await virtctl(['version'])).toMatchObject({
      code: 0,
      stdout: `Client Version: ${VERSION}\nServer Version: ${VERSION}\n`,
    });
  }, 30_000);

  test('starts and stops a VM by its run strategy', async () => {
    await admin.create(virtualMachines, vm('power'));
    const strategy = async () =>
      (await admin.get(virtualMachines, { namespace: 'default', name: 'power' })).spec.runStrategy;
    expect(await virtctl(['start', 'power', '--dry-run'])).toMatchObject({ code: 0 });
    expect(await strategy()).toBe('Halted');
    expect(await virtctl(['start', 'power'])).toMatchObject({ code: 0, stdout: 'VM power was scheduled to start\n' });
    expect(await strategy()).toBe('Always');
    const again = await virtctl(['start', 'power']);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('Always does not support manual start requests');
    expect(await virtctl(['stop', 'power'])).toMatchObject({ code: 0 });
    expect(await strategy()).toBe('Halted');
    expect((await virtctl(['start', 'nobody'])).stderr).toContain('virtualmachine.kubevirt.io "nobody" not found');
  }, 30_000);

  test('asks for a restart of this very VMI', async () => {
    await admin.create(virtualMachines, vm('again', { runStrategy: 'Manual' }));
    const { uid } = await createVmi('again', 'Running');
    expect(await virtctl(['restart', 'again', '--force', '--grace-period=0'])).toMatchObject({ code: 0 });
    const stored = await admin.get(virtualMachines, { namespace: 'default', name: 'again' });
    expect(stored.status?.stateChangeRequests).toEqual([{ action: 'Stop', uid }, { action: 'Start' }]);
    const vmi = await admin.get(virtualMachineInstances, { namespace: 'default', name: 'again' });
    expect(vmi.spec.terminationGracePeriodSeconds).toBe(1);
  }, 30_000);

  test('answers 401 to whom RBAC does not allow it, and serves whom it does', async () => {
    const kubeconfig = await apiserver.kubeconfigFor({ name: 'jane' });
    const jane = await KubeClient.load({ kubeconfig });
    const path = '/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachines/power/start';
    await apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'jane' },
        rules: [{ apiGroups: ['subresources.kubevirt.io'], resources: ['virtualmachines/start'], verbs: ['update'] }],
      },
    ]);
    const allow = ['create', 'rolebinding', 'jane', '-n', 'default', '--clusterrole=jane', '--user=jane'];
    await expect(jane.request({ method: 'PUT', path, body: {} })).rejects.toMatchObject({ status: 403 });
    await apiserver.kubectl(...allow);
    await settle(() => jane.request({ method: 'PUT', path, body: {} }).then(() => undefined));
    await jane.close();
  }, 30_000);

  test('believes in X-Remote-User only what the front proxy says', async () => {
    const path = '/apis/subresources.kubevirt.io/v1/namespaces/default/virtualmachines/power/start';
    const headers = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' };
    const forged = [{}, await apiserver.authority.issue({ commonName: 'front-proxy-client' })];
    for (const certificate of forged) {
      expect(await direct(path, { method: 'PUT', headers, ...certificate })).toMatchObject({
        status: 401,
        json: { message: 'request is not authenticated' },
      });
    }
    const wrongName = await apiserver.frontProxyAuthority.issue({ commonName: 'somebody' });
    expect((await direct(path, { method: 'PUT', headers, ...wrongName })).status).toBe(401);
    const proxy = await apiserver.frontProxyAuthority.issue({ commonName: 'front-proxy-client' });
    expect((await direct(path, { method: 'PUT', headers, ...proxy })).status).not.toBe(401);
    const nobody = { 'x-remote-user': 'nobody', 'x-remote-group': 'system:authenticated' };
    expect(await direct(path, { method: 'PUT', headers: nobody, ...proxy })).toMatchObject({
      status: 401,
      json: { message: expect.stringContaining('"nobody" cannot update virtualmachines/start') },
    });
  });
});

describe('a guest that runs', () => {
  test('is paused and let run again by its node, by the name of VM or VMI', async () => {
    const { uid } = await createVmi('acts', 'Running');
    expect(await virtctl(['pause', 'vmi', 'acts', '--dry-run'])).toMatchObject({ code: 0 });
    expect(acted).toEqual([]);
    expect(await virtctl(['pause', 'vm', 'acts'])).toMatchObject({ code: 0, stdout: 'VMI acts was paused\n' });
    const again = await virtctl(['unpause', 'vmi/acts']);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('VMI is not paused') });
    await admin.patch(
      virtualMachineInstances,
      { namespace: 'default', name: 'acts' },
      { status: { conditions: [{ type: 'Paused', status: 'True' }] } },
      { kind: 'merge', subresource: 'status' },
    );
    expect(await virtctl(['unpause', 'vmi/acts'])).toMatchObject({ code: 0, stdout: 'VMI acts was unpaused\n' });
    expect(acted).toEqual([`pause default/acts ${uid}`, `unpause default/acts ${uid}`]);
  }, 30_000);

  test('that its node does not know is a conflict', async () => {
    await createVmi('gone', 'Running');
    expect((await virtctl(['pause', 'vmi', 'gone'])).stderr).toContain('no such guest on this node');
  });
});

describe('the console', () => {
  test('joins the client to the handler of the node, both ways, until the guest ends', async () => {
    await createVmi('spoken', 'Running');
    const session = await virtctl(['console', 'spoken'], 'hello\nquit\n');
    expect(session).toMatchObject({ code: 0, stdout: 'welcome to spoken\r\nhello\nbye\r\n' });
    await settle(async () =>
      expect((await direct('/metrics')).text).toContain(
        'kubevirt_console_active_connections{namespace="default",vmi="spoken"} 0',
      ),
    );
  }, 30_000);

  test('is left with Ctrl+]', async () => {
    await createVmi('left', 'Running');
    expect(await virtctl(['console', 'left'], 'hello\n\x1d')).toMatchObject({ code: 0 });
  }, 30_000);

  test('carries more than either side takes at once', async () => {
    await createVmi('loud', 'Running');
    const session = await virtctl(['console', 'loud'], 'flood\nquit\n');
    expect(session.stdout.length).toBe('welcome to loud\r\n'.length + 4 * 1024 * 1024 + 'bye\r\n'.length);
  }, 60_000);

  test('is tried again while the guest does not run yet', async () => {
    await createVmi('early', 'Scheduling');
    const before = await accessReviews();
    const session = virtctl(['console', 'early'], 'quit\n');
    // It has asked twice: so it was refused once, and came again.
    await settle(async () => expect(await accessReviews()).toBeGreaterThan(before + 1), { timeoutMs: 15_000 });
    await setPhase('early', 'Running');
    expect(await session).toMatchObject({ code: 0, stdout: 'welcome to early\r\nbye\r\n' });
  }, 30_000);

  test('is refused for good for a guest that failed, or that has none', async () => {
    await createVmi('failed', 'Failed');
    expect((await virtctl(['console', 'failed'])).stderr).toContain('VMI is in failed status');
    await createVmi('refused', 'Running');
    expect((await virtctl(['console', 'refused', '--timeout=0'])).stderr).toContain('no serial port');
    expect((await virtctl(['console', 'nobody'])).stderr).toContain(
      'virtualmachineinstance.kubevirt.io "nobody" not found',
    );
  }, 30_000);
});

// The last one: it stops virt-api for good.
describe('a virt-api that stops', () => {
  test('lets open consoles go on for a while, takes no new ones, and closes in order', async () => {
    await createVmi('ending', 'Running');
    await createVmi('lasting', 'Running');
    const [ending, lasting] = [openConsole('ending'), openConsole('lasting')];
    await settle(() => expect([ending.stdout(), lasting.stdout()].join()).toMatch(/to ending.*to lasting/s));
    let isStopped = false;
    const stop = stopVirtApi().then(() => (isStopped = true));
    // It says that it is not ready, and answers who has not heard of that yet.
    expect((await direct('/readyz')).status).toBe(503);
    await admin.create(virtualMachines, vm('late'), { dryRun: true });
    forgotten.resolve();
    await eventually(() =>
      direct('/readyz')
        .then(() => false)
        .catch(() => true),
    );

    ending.type('on\nquit\n');
    expect(await ending.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/on\r?\nbye/) });
    lasting.type('still here\n');
    await settle(() => expect(lasting.stdout()).toContain('still here'));
    expect(isStopped).toBe(false);

    patience.resolve();
    const { code, stderr } = await lasting.ended;
    expect(code).not.toBe(0);
    expect(stderr).toContain('virt-api is going away, connect again');
    await stop;
  }, 60_000);
});

/** How often virt-api has asked the API server about a caller's rights. */
async function accessReviews(): Promise<number> {
  const { text } = await direct('/metrics');
  const lines = text
    .split('\n')
    .filter((line) => /^kubevirt_rest_client_requests_total\{.*subjectaccessreviews/.test(line));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

async function createVmi(name: string, phase: string) {
  const created = await admin.create(virtualMachineInstances, {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name, namespace: 'default' },
    spec: { domain: { devices: { autoattachPodInterface: false }, memory: { guest: '128Mi' } } },
  });
  await setPhase(name, phase);
  return created.metadata;
}

async function setPhase(name: string, phase: string): Promise<void> {
  const ref = { namespace: 'default', name };
  await admin.patch(
    virtualMachineInstances,
    ref,
    { status: { phase, nodeName: NODE } },
    { kind: 'merge', subresource: 'status' },
  );
}

/** Stands in for virt-handler: a guest that echoes what it gets, floods when told to, and ends on `quit`. */
/** What the node was asked to do. */
const acted: string[] = [];

async function startHandler(signer: CsrSigner): Promise<RpcServer> {
  const identity = await signer.serverIdentity(`quickvirt:virt-handler:${NODE}`, [handlerServerName(NODE)]);
  return serveHandler({
    port: 8186,
    host: HANDLER_IP,
    tls: new RotatingTls({ caPem: signer.caPem, ...identity }),
    handlers: {
      async pause({ vmi }) {
        if (vmi?.name === 'gone') throw new RpcError('NOT_FOUND', 'no such guest on this node');
        acted.push(`pause ${vmi?.namespace}/${vmi?.name} ${vmi?.uid}`);
        return {};
      },
      async unpause({ vmi }) {
        acted.push(`unpause ${vmi?.namespace}/${vmi?.name} ${vmi?.uid}`);
        return {};
      },
      async console(call) {
        let typed = '';
        for await (const { open, data } of call.iterator({ destroyOnReturn: false }) as AsyncIterable<ConsoleRequest>) {
          if (open) {
            if (open.name === 'refused') throw new RpcError('FAILED_PRECONDITION', 'the guest has no serial port');
            call.write({ data: Buffer.from(`welcome to ${open.name}\r\n`) });
            continue;
          }
          typed += (data ?? '').toString();
          for (let end = typed.indexOf('\n'); end >= 0; end = typed.indexOf('\n')) {
            const line = typed.slice(0, end);
            typed = typed.slice(end + 1);
            if (line === 'quit') {
              call.end({ data: Buffer.from('bye\r\n') });
              await finished(call as unknown as Duplex, { readable: false });
              return;
            }
            const answer = line === 'flood' ? Array.from({ length: 64 }, () => 'x'.repeat(65_536)) : [`${line}\n`];
            for (const text of answer) {
              if (!call.write({ data: Buffer.from(text) })) await new Promise((resume) => call.once('drain', resume));
            }
          }
        }
      },
    },
  });
}

async function installCluster(caPem: string): Promise<void> {
  const crds = ['virtualmachines', 'virtualmachineinstances', 'kubevirts'].map((plural) =>
    join(repository, `charts/quickvirt/templates/crds/${plural}.kubevirt.io.yaml`),
  );
  for (const file of crds) await apiserver.kubectl('create', '-f', file);
  // `kubectl wait` fails on a definition that has no status yet.
  await settle(() => apiserver.kubectl('get', 'vm,vmi,kubevirts', '-A').then(() => undefined), { timeoutMs: 30_000 });
  const role = (kind: string, name: string, namespace: string | undefined, rules: readonly object[]) => {
    const metadata = { name, ...(namespace && { namespace }) };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind, name };
    const subjects = [{ kind: 'User', name: virtApiUser, apiGroup: 'rbac.authorization.k8s.io' }];
    return [
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata, rules },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: `${kind}Binding`, metadata, roleRef, subjects },
    ];
  };
  await apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    { apiVersion: 'kubevirt.io/v1', kind: 'KubeVirt', metadata: { name: 'kubevirt', namespace: NAMESPACE }, spec: {} },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'quickvirt-ca', namespace: NAMESPACE },
      data: { 'ca.crt': caPem },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'virt-api', namespace: NAMESPACE },
      spec: { type: 'ExternalName', externalName: 'localhost' },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'virt-handler-x', namespace: NAMESPACE, labels: { 'kubevirt.io': 'virt-handler' } },
      spec: { nodeName: NODE, containers: [{ name: 'virt-handler', image: 'none' }] },
    },
    ...role('ClusterRole', 'virt-api', undefined, rbac.cluster),
    ...role('Role', 'virt-api', NAMESPACE, rbac.namespaced),
    ...Object.entries(rbac.elsewhere ?? {}).flatMap(([namespace, rules]) => role('Role', 'virt-api', namespace, rules)),
  ]);
  const ready = {
    conditions: [{ type: 'Ready', status: 'True' }],
    phase: 'Running',
    podIP: HANDLER_IP,
    podIPs: [{ ip: HANDLER_IP }],
  };
  await apiserver.kubectl(
    'patch',
    'pod',
    '-n',
    NAMESPACE,
    'virt-handler-x',
    '--subresource=status',
    '-p',
    JSON.stringify({ status: ready }),
  );
}

const virtApiUser = `system:serviceaccount:${NAMESPACE}:virt-api`;

/** virt-api runs with the rights of its own RBAC and no others. */
function virtApiKubeconfig(): Promise<string> {
  return apiserver.kubeconfigFor({ name: virtApiUser, group: 'system:serviceaccounts' });
}

async function registerWithApiserver(caPem: string): Promise<void> {
  const caBundle = Buffer.from(caPem).toString('base64');
  const webhook = (name: string, path: string, resource: string, operations: string[]) => ({
    name: `${name}.kubevirt.io`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { caBundle, service: { name: 'virt-api', namespace: NAMESPACE, path, port } },
    rules: [{ apiGroups: ['kubevirt.io'], apiVersions: ['v1', 'v1alpha3'], operations, resources: [resource] }],
  });
  const both = ['CREATE', 'UPDATE'];
  await apply([
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'virt-api-mutator' },
      webhooks: [
        webhook('vm-mutator', '/virtualmachines-mutate', 'virtualmachines', both),
        webhook('vmi-mutator', '/virtualmachineinstances-mutate', 'virtualmachineinstances', ['CREATE']),
      ],
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'virt-api-validator' },
      webhooks: [
        webhook('vm', '/virtualmachines-validate', 'virtualmachines', both),
        webhook('vmi-create', '/virtualmachineinstances-validate-create', 'virtualmachineinstances', ['CREATE']),
        webhook('vmi-update', '/virtualmachineinstances-validate-update', 'virtualmachineinstances', ['UPDATE']),
      ],
    },
    ...['v1', 'v1alpha3'].map((version) => ({
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `${version}.subresources.kubevirt.io` },
      spec: {
        group: 'subresources.kubevirt.io',
        version,
        groupPriorityMinimum: 1000,
        versionPriority: 15,
        caBundle,
        service: { name: 'virt-api', namespace: NAMESPACE, port },
      },
    })),
  ]);
  // A webhook configuration reaches the API server's caches a moment later.
  await eventually(async () => {
    const probe = await admin.create(virtualMachines, vm('probe'), { dryRun: true });
    return probe.spec.template.spec?.domain.firmware !== undefined;
  });
  await settle(() => apiserver.kubectl('get', '--raw', '/apis/subresources.kubevirt.io/v1').then(() => undefined), {
    timeoutMs: 30_000,
  });
}

async function apply(objects: object[]): Promise<void> {
  const file = join(apiserver.folder, 'objects.json');
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  await apiserver.kubectl('create', '-f', file);
}

type ConsoleRequest = { open?: { name: string }; data?: Buffer };

interface Direct {
  method?: string;
  headers?: Record<string, string>;
  certificatePem?: string;
  keyPem?: string;
}

/** A request that goes to virt-api past the API server. */
function direct(path: string, { method = 'GET', headers, certificatePem, keyPem }: Direct = {}) {
  return new Promise<{ status: number; text: string; json: Record<string, unknown> }>((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        headers,
        cert: certificatePem,
        key: keyPem,
        rejectUnauthorized: false,
        agent: false,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => {
          const isJson = String(response.headers['content-type']).includes('json');
          resolve({
            status: response.statusCode ?? 0,
            text,
            json: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
          });
        });
      },
    );
    call.once('error', reject).end();
  });
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function virtctl(args: string[], input = ''): Promise<Ended> {
  const { stdin, ended } = startVirtctl(args);
  stdin.end(input);
  return ended;
}

/** A console whose user goes on typing. */
function openConsole(vmi: string): { type: (text: string) => void; stdout: () => string; ended: Promise<Ended> } {
  const { stdin, stdout, ended } = startVirtctl(['console', vmi]);
  return { type: (text) => void stdin.write(text), stdout, ended };
}

function startVirtctl(args: string[]): { stdin: Writable; stdout: () => string; ended: Promise<Ended> } {
  const main = join(repository, 'apps/virtctl/src/main.ts');
  const child = spawn(process.execPath, [main, '--kubeconfig', apiserver.kubeconfigPath, ...args]);
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...output })));
  return { stdin: child.stdin, stdout: () => output.stdout, ended };
}
