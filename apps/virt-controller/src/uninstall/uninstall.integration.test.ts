import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kubevirts, virtualMachineInstances, virtualMachines, type VirtualMachine } from '@quickvirt/api';
import {
  certificateSigningRequests,
  configMaps,
  KubeClient,
  leases,
  namespaces,
  nodes,
  pods,
  secrets,
  type AppRights,
  type KubeObject,
  type ResourceType,
} from '@quickvirt/kube';
import { createLogger, type Logger } from '@quickvirt/telemetry';
import { eventually, startKubeApiserver, type KubeApiserver } from '@quickvirt/testing';
import { postDelete } from './post-delete.ts';
import { preDelete } from './pre-delete.ts';
import { postDeleteRights, preDeleteRights } from './rbac.ts';
import { Refused } from './refused.ts';
import { WORKLOAD_KINDS } from './workloads.ts';

const CRDS = join(import.meta.dirname, '../../../../charts/quickvirt/templates/crds');
const namespace = 'quickvirt';
const logger: Logger = { ...createLogger({ component: 'hook', verbosity: 0 }), info: () => undefined };

let apiserver: KubeApiserver;
let admin: KubeClient;
let before: KubeClient;
let after: KubeClient;

/** A client with the rights that the chart gives a hook and no others. */
async function hookClient(name: string, rights: AppRights): Promise<KubeClient> {
  const group = 'rbac.authorization.k8s.io';
  const items = (['ClusterRole', 'Role'] as const).flatMap((kind) => {
    const metadata = kind === 'Role' ? { name, namespace } : { name };
    return [
      { apiVersion: `${group}/v1`, kind, metadata, rules: kind === 'Role' ? rights.namespaced : rights.cluster },
      {
        apiVersion: `${group}/v1`,
        kind: `${kind}Binding`,
        metadata,
        roleRef: { apiGroup: group, kind, name },
        subjects: [{ kind: 'User', name, apiGroup: group }],
      },
    ];
  });
  const file = join(apiserver.folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await apiserver.kubectl('create', '-f', file);
  return KubeClient.load({ kubeconfig: await apiserver.kubeconfigFor({ name }) });
}

beforeAll(async () => {
  apiserver = await startKubeApiserver();
  admin = await KubeClient.load({ kubeconfig: apiserver.kubeconfigPath });
  const crds = [...WORKLOAD_KINDS, kubevirts].map(({ plural, group }) => `${plural}.${group}`);
  const files = readdirSync(CRDS).filter((file) => crds.includes(file.replace(/\.yaml$/, '')));
  expect(files).toHaveLength(crds.length);
  await apiserver.kubectl('create', ...files.flatMap((file) => ['-f', join(CRDS, file)]));
  const established = crds.map((crd) => `crd/${crd}`);
  await eventually(() => apiserver.kubectl('wait', '--for=condition=Established', '--timeout=60s', ...established));
  for (const name of [namespace, 'shop']) await admin.create(namespaces, { metadata: { name } });
  before = await hookClient('pre-delete', preDeleteRights);
  after = await hookClient('post-delete', postDeleteRights);
}, 120_000);

afterAll(async () => {
  await Promise.all([admin, before, after].map((client) => client?.close()));
  await apiserver?.stop();
});

const domain = { domain: { devices: {} } };
const vm = {
  metadata: { name: 'web', namespace: 'shop', finalizers: ['kubevirt.io/test'] },
  spec: { runStrategy: 'Halted', template: { spec: domain } },
} as unknown as VirtualMachine;

async function gone(type: ResourceType, name: string, where?: string): Promise<true> {
  await expect(admin.get(type, { name, ...(where && { namespace: where }) })).rejects.toMatchObject({ status: 404 });
  return true;
}

describe('preDelete', () => {
  const options = { workloads: 'block', namespace, timeoutMs: 30_000 } as const;

  test('lets an empty cluster go', async () => {
    await preDelete(before, options, logger);
  }, 60_000);

  test('refuses while a machine exists, and changes nothing', async () => {
    const created = await admin.create(virtualMachines, vm);
    const refused = preDelete(before, options, logger);
    await expect(refused).rejects.toBeInstanceOf(Refused);
    await expect(refused).rejects.toThrow('VirtualMachine shop/web');
    const kept = await admin.get(virtualMachines, { name: 'web', namespace: 'shop' });
    expect(kept.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
  }, 60_000);

  test('says what is still there when time is up', async () => {
    const refused = preDelete(before, { ...options, workloads: 'remove', timeoutMs: 2_000 }, logger);
    await expect(refused).rejects.toThrow(/still being deleted after 2 s: VirtualMachine shop\/web/);
  }, 60_000);

  test('told so by the KubeVirt object, it deletes machines and waits until they are gone', async () => {
    await admin.create(kubevirts, {
      metadata: { name: 'kubevirt', namespace },
      spec: { uninstallStrategy: 'RemoveWorkloads' },
    } as never);
    const vmi = { metadata: { name: 'alone', namespace: 'shop' }, spec: domain };
    await admin.create(virtualMachineInstances, vmi as never);
    let isDone = false;
    const done = preDelete(before, options, logger).then(() => (isDone = true));
    await eventually(() => gone(virtualMachineInstances, 'alone', 'shop'));
    expect(isDone).toBe(false);
    const ref = { name: 'web', namespace: 'shop' };
    await admin.patch(virtualMachines, ref, { metadata: { finalizers: [] } }, { kind: 'merge' });
    await done;
    await gone(virtualMachines, 'web', 'shop');
  }, 60_000);
});

/** A request that the API server takes; what it asks for does not matter here. */
const CSR_PEM = `-----BEGIN CERTIFICATE REQUEST-----
MIHIMHECAQAwDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABCGubJySbF15MWabP9IzCm+m2nTZvkA+sA7MfMyhlsmyHosH8QOsRnmhhon6
AS7v2VcBfOHuWb3BokFDJB5XMWGgADAKBggqhkjOPQQDAgNHADBEAiBHVJgLqEro
BzDWqPcnVx15SnKvkGxBMOcniPCZM7DJNQIgc5Pd7carXV/IuczUX7ob+1rrehTN
4/2OGTor+H+UyyE=
-----END CERTIFICATE REQUEST-----
`;

describe('postDelete', () => {
  test('waits for our pods, then removes what they made and leaves the rest', async () => {
    const request = Buffer.from(CSR_PEM).toString('base64');
    const csr = (name: string, signerName: string) => ({
      metadata: { name },
      spec: { request, signerName, usages: ['digital signature'] },
    });
    const lease = (name: string, labels = {}) => ({ metadata: { name, namespace, labels }, spec: {} });
    const made: [ResourceType, KubeObject][] = [
      [secrets, { metadata: { name: 'quickvirt-ca', namespace } }],
      [secrets, { metadata: { name: 'pull-secret', namespace } }],
      [configMaps, { metadata: { name: 'quickvirt-ca', namespace } }],
      [configMaps, { metadata: { name: 'quickvirt-withdrawn-api-services', namespace } }],
      [leases, lease('virt-controller')],
      [leases, lease('virt-handler-n1', { 'kubevirt.io': 'virt-handler' })],
      [leases, lease('of-somebody-else')],
      [certificateSigningRequests, csr('ours', 'quickvirt.io/virt-handler-serving')],
      [certificateSigningRequests, csr('foreign', 'example.com/signer')],
      [nodes, { metadata: { name: 'n1', labels: { 'kubevirt.io/schedulable': 'true', 'example.com/x': 'y' } } }],
      [nodes, { metadata: { name: 'n2', labels: { 'example.com/x': 'y' } } }],
      [
        pods,
        {
          metadata: { name: 'virt-handler-1', namespace, labels: { 'kubevirt.io': 'virt-handler' } },
          spec: { containers: [{ name: 'c', image: 'registry.test/x' }] },
        } as KubeObject,
      ],
    ];
    for (const [type, object] of made) await admin.create(type, object);
    let isDone = false;
    const done = postDelete(after, { namespace, timeoutMs: 30_000 }, logger).then(() => (isDone = true));
    await expect(postDelete(after, { namespace, timeoutMs: 1_000 }, logger)).rejects.toThrow(
      /these pods have not ended: virt-handler-1/,
    );
    expect(isDone).toBe(false);
    await admin.get(secrets, { name: 'quickvirt-ca', namespace });

    await admin.delete(pods, { name: 'virt-handler-1', namespace }, { gracePeriodSeconds: 0 });
    await done;

    await gone(secrets, 'quickvirt-ca', namespace);
    await gone(configMaps, 'quickvirt-ca', namespace);
    await gone(configMaps, 'quickvirt-withdrawn-api-services', namespace);
    await gone(leases, 'virt-controller', namespace);
    await gone(leases, 'virt-handler-n1', namespace);
    await gone(certificateSigningRequests, 'ours');
    await gone(kubevirts, 'kubevirt', namespace);
    await admin.get(secrets, { name: 'pull-secret', namespace });
    await admin.get(leases, { name: 'of-somebody-else', namespace });
    await admin.get(certificateSigningRequests, { name: 'foreign' });
    expect((await admin.get(nodes, { name: 'n1' })).metadata.labels).toEqual({ 'example.com/x': 'y' });
    // A second run has nothing to do and says so by succeeding.
    await postDelete(after, { namespace, timeoutMs: 30_000 }, logger);
  }, 60_000);
});
