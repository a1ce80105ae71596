import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { virtualMachineInstances } from '@quickvirt/api';
import { controlPlaneBinaries } from '@quickvirt/cluster';
import {
  ApiError,
  KubeClient,
  leases,
  nodes,
  resourceSlices,
  type KubeObject,
  type ResourceSlice,
  type ResourceType,
} from '@quickvirt/kube';
import { eventually, startKubeApiserver, type KubeApiserver } from '@quickvirt/testing';

const chart = import.meta.dirname;
const namespace = 'quickvirt';
let apiserver: KubeApiserver;
/** virt-handler by node, each with a token that is bound to its pod, as the kubelet gets it. */
const handlers: Record<string, KubeClient> = {};

const apply = (objects: object[]): Promise<string> => {
  const file = join(apiserver.folder, `${crypto.randomUUID()}.json`);
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  return apiserver.kubectl('apply', '--server-side', '-f', file);
};

/** Patches as the virt-handler of a node; the API server's words when it refuses, else an empty text. */
async function patchAs<T extends KubeObject>(
  node: string,
  type: ResourceType<T>,
  name: string,
  patch: object,
  subresource?: string,
): Promise<string> {
  const where = type.group === 'kubevirt.io' ? 'default' : namespace;
  const ref = { name, ...(type.namespaced && { namespace: where }) };
  try {
    await handlers[node]?.patch(type, ref, patch, { kind: 'merge', subresource });
    return '';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.message;
  }
}

async function handlerOn(node: string): Promise<KubeClient> {
  const pod = `virt-handler-${node}`;
  await apply([
    { apiVersion: 'v1', kind: 'Node', metadata: { name: node, labels: { 'example.com/rack': '1' } } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: pod, namespace },
      spec: {
        nodeName: node,
        serviceAccountName: 'virt-handler',
        containers: [{ name: 'c', image: 'registry.test/c' }],
      },
    },
  ]);
  const uid = await apiserver.kubectl('-n', namespace, 'get', 'pod', pod, '-o', 'jsonpath={.metadata.uid}');
  const bound = ['--bound-object-kind=Pod', `--bound-object-name=${pod}`, `--bound-object-uid=${uid}`];
  const token = await apiserver.kubectl('-n', namespace, 'create', 'token', 'virt-handler', ...bound);
  return clientWith(pod, token.trim());
}

function clientWith(name: string, token: string): Promise<KubeClient> {
  const path = join(apiserver.folder, `${name}.json`);
  const ca = Buffer.from(apiserver.authority.certificatePem).toString('base64');
  writeFileSync(
    path,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: apiserver.url, 'certificate-authority-data': ca } }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
    { mode: 0o600 },
  );
  return KubeClient.load({ kubeconfig: path });
}

beforeAll(async () => {
  const programs = await controlPlaneBinaries();
  apiserver = await startKubeApiserver();
  const crd = join(chart, 'templates/crds/virtualmachineinstances.kubevirt.io.yaml');
  await apiserver.kubectl('create', '-f', crd);
  await eventually(() => apiserver.kubectl('wait', '--for=condition=Established', '-f', crd));
  await apiserver.kubectl('create', 'namespace', namespace);
  const files = ['virt-handler/admission-policies', 'virt-handler/rbac', 'virt-handler/service-account', 'fencing'];
  const templates = files.flatMap((name) => ['--show-only', `templates/${name}.yaml`]);
  const rendered = execFileSync(programs.helm, ['template', 'quickvirt', chart, '-n', namespace, ...templates]);
  const file = join(apiserver.folder, 'rendered.yaml');
  writeFileSync(file, rendered);
  await apiserver.kubectl('create', '-f', file);
  for (const node of ['n1', 'n2']) handlers[node] = await handlerOn(node);
  const unbound = await apiserver.kubectl('-n', namespace, 'create', 'token', 'virt-handler');
  handlers.none = await clientWith('unbound', unbound.trim());
  for (const name of ['guest', 'migrating', 'nowhere']) {
    await apply([
      {
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachineInstance',
        metadata: { name, namespace: 'default' },
        spec: { domain: { devices: {} } },
      },
    ]);
  }
  const set = (name: string, status: object): Promise<string> =>
    apiserver.kubectl('patch', `vmi/${name}`, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status }));
  await set('guest', { nodeName: 'n1', phase: 'Scheduled' });
  await set('migrating', { nodeName: 'n1', phase: 'Running', migrationState: { targetNode: 'n2' } });
  // A policy counts from when the API server's cache has it.
  await eventually(
    async () => /may not write node n1/.test(await patchAs('n2', nodes, 'n1', label('kubevirt.io/schedulable'))),
    {
      timeoutMs: 30_000,
    },
  );
}, 120_000);

afterAll(async () => {
  await Promise.all(Object.values(handlers).map((client) => client.close()));
  await apiserver?.stop();
});

const label = (key: string, value: string | null = 'true'): object => ({ metadata: { labels: { [key]: value } } });

describe('a virt-handler writes the status of', () => {
  const running = { status: { phase: 'Running' } };
  const status = (node: string, name: string, patch: object = running): Promise<string> =>
    patchAs(node, virtualMachineInstances, name, patch, 'status');

  test('the machines of its node', async () => {
    expect(await status('n1', 'guest')).toBe('');
  });

  test('a machine that migrates away from or to its node', async () => {
    expect(await status('n1', 'migrating')).toBe('');
    expect(await status('n2', 'migrating', { status: { migrationState: { targetNodeAddress: '10.0.0.2' } } })).toBe('');
  });

  test('no machine of another node, and none that is nowhere', async () => {
    expect(await status('n2', 'guest')).toMatch(
      'virt-handler of node n2 may not write the status of a machine that is on node n1',
    );
    expect(await status('n1', 'nowhere')).toMatch('may not write the status');
  });

  test('no machine with a token that is bound to no node', async () => {
    expect(await status('none', 'guest')).toMatch('may not write the status');
  });

  test('not even to take a machine or to push it off', async () => {
    expect(await status('n1', 'guest', { status: { nodeName: 'n2' } })).toMatch('may not move a machine');
    expect(await status('n2', 'migrating', { status: { nodeName: 'n2' } })).toMatch('may not move a machine');
  });
});

describe('a virt-handler writes of nodes', () => {
  test('labels and annotations of ours on its own', async () => {
    expect(await patchAs('n1', nodes, 'n1', label('cpu-model.node.kubevirt.io/Haswell'))).toBe('');
    expect(await patchAs('n1', nodes, 'n1', label('cpu-model.node.kubevirt.io/Haswell', null))).toBe('');
    expect(await patchAs('n1', nodes, 'n1', { metadata: { annotations: { 'quickvirt.io/x': 'y' } } })).toBe('');
  });

  test('nothing on another', async () => {
    expect(await patchAs('n2', nodes, 'n1', label('kubevirt.io/schedulable', 'false'))).toMatch(
      'may not write node n1',
    );
    expect(await patchAs('none', nodes, 'n1', label('kubevirt.io/schedulable', 'false'))).toMatch(
      'may not write node n1',
    );
  });

  test.each([
    ['a label of somebody else', label('example.com/rack', '2')],
    ['the removal of one', label('example.com/rack', null)],
    ['a label that only looks like ours', label('notkubevirt.io/x')],
    ['an annotation', { metadata: { annotations: { 'example.com/x': 'y' } } }],
    ['a taint', { spec: { taints: [{ key: 'example.com/x', effect: 'NoExecute' }] } }],
    ['unschedulable', { spec: { unschedulable: true } }],
    ['a finalizer', { metadata: { finalizers: ['example.com/x'] } }],
  ])('not %s', async (_what, patch) => {
    expect(await patchAs('n1', nodes, 'n1', patch)).toMatch(/virt-handler may write/);
  });
});

describe('a virt-handler writes into the status of its node', () => {
  const qat = (status: string) => ({ type: 'QuickVirtQatHealthy', status, reason: 'Test' });
  const others = [
    { type: 'Ready', status: 'True', reason: 'KubeletReady' },
    { type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure' },
  ];
  const statusOf = (conditions: object[]) => ({ status: { conditions } });
  const write = (node: string, patch: object, name = 'n1') => patchAs(node, nodes, name, patch, 'status');

  beforeAll(async () => {
    const status = JSON.stringify({ status: { conditions: others, capacity: { cpu: '4' } } });
    await apiserver.kubectl('patch', 'node/n1', '--subresource=status', '--type=merge', '-p', status);
  });

  test('the condition of its QAT cards, and takes it off', async () => {
    expect(await write('n1', statusOf([...others, qat('True')]))).toBe('');
    expect(await write('n1', statusOf([others[0] ?? {}, qat('False'), others[1] ?? {}]))).toBe('');
    expect(await write('n1', statusOf(others))).toBe('');
  });

  test('nothing on another node', async () => {
    expect(await write('n2', statusOf([...others, qat('True')]))).toMatch('may not write node n1');
  });

  test.each([
    ['another condition', statusOf([...others, { type: 'Other', status: 'True' }])],
    ["the kubelet's Ready", statusOf([{ type: 'Ready', status: 'False' }, ...others.slice(1)])],
    ['the loss of one', statusOf(others.slice(1))],
    ['the capacity', { status: { capacity: { cpu: '8' } } }],
    ['extended resources', { status: { capacity: { 'example.com/x': '1' } } }],
    ['addresses', { status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] } }],
    ['nothing at all', { status: null }],
  ])('not %s', async (_what, patch) => {
    expect(await write('n1', patch)).toMatch('only the condition QuickVirtQatHealthy');
  });
});

test('a virt-handler renews the Lease of its own node and no other', async () => {
  const lease = (node: string) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: `virt-handler-${node}`, namespace },
    spec: { holderIdentity: 'test' },
  });
  await apply([lease('n2')]);
  const renew = (name: string): Promise<string> => patchAs('n1', leases, name, { spec: { holderIdentity: 'n1' } });
  expect(await renew('virt-handler-n2')).toMatch('may not write Lease virt-handler-n2');
  await apply([lease('n1')]);
  expect(await renew('virt-handler-n1')).toBe('');
});

describe('that a node is off', () => {
  const off = { metadata: { annotations: { 'fencing.quickvirt.io/powered-off-boot': 'boot-1' } } };
  const fence = (token: KubeClient) =>
    token.patch(nodes, { name: 'n1' }, off, { kind: 'merge' }).then(
      () => '',
      (error: Error) => error.message,
    );

  test('is not said by its own virt-handler, although it may annotate the node', async () => {
    await eventually(async () => /only who may fence node n1/.test(await patchAs('n1', nodes, 'n1', off)));
    expect(await patchAs('n1', nodes, 'n1', { metadata: { annotations: { 'kubevirt.io/other': '1' } } })).toBe('');
  });

  test('is said by an agent with the role for it, and by nobody who may merely write nodes', async () => {
    const account = async (name: string, role: string) => {
      await apiserver.kubectl('-n', namespace, 'create', 'serviceaccount', name);
      const subject = `--serviceaccount=${namespace}:${name}`;
      await apiserver.kubectl('create', 'clusterrolebinding', name, `--clusterrole=${role}`, subject);
      return clientWith(name, (await apiserver.kubectl('-n', namespace, 'create', 'token', name)).trim());
    };
    await apiserver.kubectl('create', 'clusterrole', 'labeller', '--verb=get,patch', '--resource=nodes');
    handlers.labeller = await account('labeller', 'labeller');
    handlers.agent = await account('agent', 'quickvirt-node-fencer');
    expect(await fence(handlers.labeller)).toMatch('only who may fence node n1');
    expect(await fence(handlers.agent)).toBe('');
    // What was said before may stand when others write.
    await handlers.labeller.patch(nodes, { name: 'n1' }, label('example.com/rack', '2'), { kind: 'merge' });
  });
});

test('others are not bound: the policies are for virt-handler alone', async () => {
  await apiserver.kubectl('label', 'node/n1', 'example.com/rack=3', '--overwrite');
});

describe('a virt-handler writes the ResourceSlices of', () => {
  const slice = (nodeName: string, generation = 1, labels: object = { 'kubevirt.io': 'virt-handler' }) =>
    ({
      metadata: { name: `of-${nodeName}`, labels },
      spec: {
        driver: 'qat.test',
        nodeName,
        pool: { name: nodeName, generation, resourceSliceCount: 1 },
        devices: [{ name: 'd' }],
      },
    }) as unknown as ResourceSlice;
  const refusal = async (write: Promise<unknown> | undefined): Promise<string> => {
    try {
      await write;
      return '';
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return error.message;
    }
  };

  test('its node, and of no other', async () => {
    const made = handlers.n1?.create(resourceSlices, slice('n1'));
    expect(await refusal(made)).toBe('');
    expect(await refusal(handlers.n1?.create(resourceSlices, slice('n2')))).toMatch('only ResourceSlices of that node');
    expect(await refusal(handlers.none?.create(resourceSlices, slice('n1')))).toMatch(
      'only ResourceSlices of that node',
    );
    const { resourceVersion } = (await made)?.metadata ?? {};
    const next = { ...slice('n1', 2), metadata: { ...slice('n1').metadata, resourceVersion } };
    expect(await refusal(handlers.n2?.replace(resourceSlices, next))).toMatch('only ResourceSlices of that node');
    expect(await refusal(handlers.n2?.delete(resourceSlices, { name: 'of-n1' }))).toMatch(
      'only ResourceSlices of that node',
    );
    expect(await refusal(handlers.n1?.replace(resourceSlices, next))).toBe('');
    expect(await refusal(handlers.n1?.delete(resourceSlices, { name: 'of-n1' }))).toBe('');
  });

  test('its own making', async () => {
    expect(await refusal(handlers.n1?.create(resourceSlices, slice('n1', 1, {})))).toMatch('kubevirt.io=virt-handler');
  });
});
