import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KubeClient, nodes, persistentVolumeClaims, pods, type Node } from '@quickvirt/kube';
import { type KubeApiserver, startKubeApiserver } from '@quickvirt/testing';
import { stringify } from 'yaml';

const repository = join(import.meta.dirname, '../../..');
let apiserver: KubeApiserver;
let client: KubeClient;

beforeAll(async () => {
  apiserver = await startKubeApiserver();
  await apiserver.kubectl('create', '-f', join(repository, 'charts/quickvirt/templates/crds'));
  await apiserver.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
  client = await KubeClient.load({ kubeconfig: apiserver.kubeconfigPath });
  for (const name of ['free', 'full', 'strange']) await addNode(name);
  await client.patch(nodes, { name: 'strange' }, { metadata: { labels: { 'kubernetes.io/arch': 'arm64' } } }, merge);
  const spec = {
    nodeName: 'full',
    containers: [{ name: 'a', image: 'a', resources: { requests: { memory: '900Mi' } } }],
  };
  await client.create(pods, { metadata: { name: 'neighbour', namespace: 'default' }, spec });
  const claim = { accessModes: ['ReadWriteOnce'], volumeMode: 'Block', resources: { requests: { storage: '1Gi' } } };
  await client.create(persistentVolumeClaims, { metadata: { name: 'data', namespace: 'default' }, spec: claim });
  await apiserver.kubectl('create', '-f', join(repository, 'examples/instancetype.yaml'));
}, 1_800_000); // from empty caches it builds Kubernetes first

afterAll(async () => {
  await client?.close();
  await apiserver?.stop();
});

const merge = { kind: 'merge' } as const;

/** A node as virt-handler labels it. */
async function addNode(name: string): Promise<void> {
  const labels = {
    'kubernetes.io/arch': 'amd64',
    'kubevirt.io/schedulable': 'true',
    'machine-type.node.kubevirt.io/q35': 'true',
  };
  await client.create(nodes, { metadata: { name, labels } } as Node);
  const amounts = {
    cpu: '4',
    memory: '1Gi',
    pods: '10',
    'ephemeral-storage': '10Gi',
    'devices.kubevirt.io/kvm': '1000',
  };
  const status = { capacity: amounts, allocatable: amounts };
  await client.patch(nodes, { name }, { status }, { ...merge, subresource: 'status' });
  // The API server taints what has not reported yet; no controller is here to take it off.
  await client.patch(nodes, { name }, { spec: { taints: null } }, merge);
}

interface Placement {
  name: string;
  nodes: { node: string; fits: boolean; reason?: string }[];
}

async function fits(...objects: unknown[]): Promise<{ status: number; placements: Placement[] }> {
  const main = join(import.meta.dirname, 'main.ts');
  const args = [main, '--kubeconfig', apiserver.kubeconfigPath, 'fits', '-f', '-', '-o', 'json'];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close') as Promise<[number]>;
  child.stdin.end(objects.map((object) => stringify(object)).join('---\n'));
  const output = await text(child.stdout);
  const [status] = await closed;
  const found = JSON.parse(output) as Placement | Placement[];
  return { status, placements: [found].flat() };
}

const vmi = (name: string, memory: string) => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstance',
  metadata: { name },
  spec: {
    domain: { memory: { guest: memory }, devices: { autoattachPodInterface: false, disks: [{ name: 'd', disk: {} }] } },
    volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
  },
});

test('each node fits or has its first reason why not', async () => {
  const { status, placements } = await fits(vmi('small', '128Mi'));
  expect([status, placements.map(({ name }) => name)]).toEqual([0, ['small']]);
  expect(placements[0]?.nodes).toEqual([
    { node: 'free', fits: true },
    {
      node: 'full',
      fits: false,
      reason: expect.stringMatching(/^not enough memory: \d+Mi asked, 124Mi of 1024Mi free$/),
    },
    { node: 'strange', fits: false, reason: 'label kubernetes.io/arch=amd64 is needed, it is "arm64"' },
  ]);
}, 60_000);

test('exit status 1 says that a guest fits nowhere', async () => {
  const { status, placements } = await fits(vmi('small', '128Mi'), vmi('huge', '64Gi'));
  expect([status, placements.map(({ nodes: all }) => all.filter((one) => one.fits).length)]).toEqual([1, [1, 0]]);
}, 60_000);

test('instance types of the cluster are used', async () => {
  const template = { spec: { domain: { devices: { autoattachPodInterface: false } } } };
  const instancetype = { kind: 'VirtualMachineInstancetype', name: 'medium' };
  const vm = {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name: 'sized' },
    spec: { runStrategy: 'Always', instancetype, template },
  };
  const { placements } = await fits(vm);
  // Its 4 GiB fit none of the nodes: the size was read.
  expect(placements[0]?.nodes[0]?.reason).toContain('not enough memory');
}, 60_000);
