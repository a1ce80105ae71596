import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Resource, resources } from '@quickvirt/api';
import { KubeClient, type KubeObject, type ResourceType } from '@quickvirt/kube';
import { type KubeApiserver, startKubeApiserver } from '@quickvirt/testing';
import { rootSchemaOf } from './crds.ts';
import { readInterfaces } from './interfaces.ts';
import { sampleOf } from './sample.ts';
import { userRoles } from './user-roles.ts';

const repository = resolve(import.meta.dirname, '../..');
const templates = `${repository}/charts/quickvirt/templates`;
const definitions = readInterfaces(
  repository,
  resources.map(({ kind }) => kind),
);

interface CustomObject extends KubeObject {
  spec?: unknown;
  status?: unknown;
}

let apiserver: KubeApiserver;
let client: KubeClient;

beforeAll(async () => {
  apiserver = await startKubeApiserver();
  client = await KubeClient.load({ kubeconfig: apiserver.kubeconfigPath });
  await apiserver.kubectl('create', '-f', `${templates}/crds`);
  await apiserver.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
}, 1_800_000); // from empty caches it builds Kubernetes first

afterAll(() => apiserver?.stop());

/** The object with every field of spec and status set. */
function fullObjectOf(resource: Resource, version: string): CustomObject {
  const { spec, status } = rootSchemaOf(resource, definitions).properties ?? {};
  return {
    apiVersion: `${resource.group}/${version}`,
    kind: resource.kind,
    metadata: { name: `full-${version}`, ...(resource.namespaced && { namespace: 'default' }) },
    ...(spec && { spec: sampleOf(spec, `${resource.kind}.spec`) }),
    ...(status && { status: sampleOf(status, `${resource.kind}.status`) }),
  };
}

test('every schema is structural', async () => {
  const crds = JSON.parse(await apiserver.kubectl('get', 'crd', '-o', 'json')) as {
    items: { metadata: { name: string }; status: { conditions: { type: string; status: string }[] } }[];
  };
  expect(crds.items).toHaveLength(resources.length);
  const bad = crds.items.filter(({ status }) => status.conditions.some(({ type }) => type === 'NonStructuralSchema'));
  expect(bad.map(({ metadata }) => metadata.name)).toEqual([]);
});

describe.each(
  resources.flatMap((resource) => resource.versions.map((version) => ({ resource, version: version.name }))),
)('$resource.kind $version', ({ resource, version }) => {
  const type = { ...resource, version, objectType: undefined };

  test('keeps every field of an object', async () => {
    const object = fullObjectOf(resource, version);
    const created = (await client.create(type, object)) as CustomObject;
    expect(created.spec).toEqual(object.spec);
    if (resource.status) {
      // The status of a new object is dropped; it is written through its own subresource.
      expect(created.status).toBeUndefined();
      await client.replace(type, { ...created, status: object.status } as CustomObject, { subresource: 'status' });
    }
    const stored = (await client.get(type, {
      name: `full-${version}`,
      ...(resource.namespaced && { namespace: 'default' }),
    })) as CustomObject;
    expect({ spec: stored.spec, status: stored.status }).toEqual({ spec: object.spec, status: object.status });
  });
});

test('virt-handler finds the VMIs of its node by selectable fields', async () => {
  const vmis = await apiserver.kubectl(
    'get',
    'vmi',
    '-o',
    'name',
    '--field-selector',
    'status.nodeName=text of nodeName,status.migrationState.targetNode=text of targetNode',
  );
  const none = await apiserver.kubectl('get', 'vmi', '-o', 'name', '--field-selector', 'status.nodeName=other');
  expect([vmis.trim().split('\n').length, none.trim()]).toEqual([2, '']);
});

test('two managers write conditions of one VMI side by side', async () => {
  const apply = async (fieldManager: string, type: string) =>
    client.patch(
      resources.find(({ kind }) => kind === 'VirtualMachineInstance') as Resource,
      { name: 'full-v1', namespace: 'default' },
      {
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachineInstance',
        status: {
          conditions: [{ type, status: 'True' }],
          interfaces: [{ name: type }, { interfaceName: type }],
          phaseTransitionTimestamps: [{ phase: type, phaseTransitionTimestamp: '2026-01-31T09:30:00Z' }],
          volumeStatus: [{ name: type, target: 'vda' }],
        },
      },
      { kind: 'apply', subresource: 'status', fieldManager },
    );
  await apply('virt-controller', 'A');
  const { status } = (await apply('virt-handler', 'B')) as { status?: Record<string, Record<string, string>[]> };
  const keys = (list: string, key: string) => status?.[list]?.map((item) => item[key]);
  expect(keys('conditions', 'type')).toEqual(expect.arrayContaining(['A', 'B']));
  expect(keys('volumeStatus', 'name')).toEqual(expect.arrayContaining(['A', 'B']));
  expect(keys('phaseTransitionTimestamps', 'phase')).toEqual(expect.arrayContaining(['A', 'B']));
  expect(keys('interfaces', 'name')).toEqual(expect.arrayContaining(['A', 'B', '']));
  expect(keys('interfaces', 'interfaceName')).toEqual(expect.arrayContaining(['A', 'B', '']));
});

describe('rules of the schema', () => {
  const create = (kind: string, spec: unknown) => {
    const resource = resources.find((one) => one.kind === kind) as ResourceType<CustomObject>;
    const object: CustomObject = {
      apiVersion: `${resource.group}/${resource.version}`,
      kind,
      metadata: { generateName: 'rule-', namespace: 'default' },
      spec,
    };
    return client.create(resource, object);
  };
  const pushed = { pvcName: 'target', source: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: 'a' } };

  test('a backup needs a target or a token, and a source of a known kind', async () => {
    await create('VirtualMachineBackup', pushed);
    await expect(create('VirtualMachineBackup', { source: pushed.source })).rejects.toThrow('pvcName');
    await expect(create('VirtualMachineBackup', { ...pushed, mode: 'Pull' })).rejects.toThrow('tokenSecretRef');
    await expect(
      create('VirtualMachineBackup', { ...pushed, source: { ...pushed.source, kind: 'Pod' } }),
    ).rejects.toThrow('VirtualMachineBackupTracker');
  });

  test('a containerPath is absolute and stays where it is', async () => {
    const vmi = (path: string) =>
      create('VirtualMachineInstance', { domain: { devices: {} }, volumes: [{ name: 'a', containerPath: { path } }] });
    await vmi('/data/a..b');
    await expect(vmi('data')).rejects.toThrow('absolute');
    await expect(vmi('/data/../etc')).rejects.toThrow('..');
  });
});

test('kubectl explain shows our sentences', async () => {
  expect(await apiserver.kubectl('explain', 'vm.spec.runStrategy')).toContain('When an instance runs');
});

test('the roles of users are accepted and are folded into the built-in ones', async () => {
  await apiserver.kubectl('apply', '-f', `${templates}/user-roles.yaml`);
  for (const { name, aggregateTo } of userRoles) {
    const labels = await apiserver.kubectl('get', 'clusterrole', name, '-o', 'jsonpath={.metadata.labels}');
    expect(labels.includes('aggregate-to')).toBe(aggregateTo !== undefined);
  }
});
