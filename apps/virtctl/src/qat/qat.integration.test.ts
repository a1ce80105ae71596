import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KubeClient, nodes } from '@quickvirt/kube';
import { NODE_CONDITION, NODE_REPORT_ANNOTATION, type NodeReport } from '@quickvirt/qat';
import { eventually, startKubeApiserver, type KubeApiserver } from '@quickvirt/testing';

const repository = join(import.meta.dirname, '../../../..');
const CRD = join(repository, 'charts/quickvirt/templates/crds/virtualmachineinstances.kubevirt.io.yaml');
let apiserver: KubeApiserver;
let client: KubeClient;

const report: NodeReport = {
  version: 1,
  physicalFunctions: [
    {
      address: '0000:6b:00.0',
      family: '4xxx',
      generation: 4,
      driver: '4xxx',
      totalVfs: 16,
      services: ['sym', 'dc'],
      state: 'up',
      managed: true,
      virtualFunctions: [
        { address: '0000:6b:00.1', state: 'free', resource: 'qat.intel.com/sym-dc', driver: 'vfio-pci', group: 62 },
      ],
    },
  ],
  findings: [],
};

beforeAll(async () => {
  apiserver = await startKubeApiserver();
  client = await KubeClient.load({ kubeconfig: apiserver.kubeconfigPath });
  await apiserver.kubectl('create', '-f', CRD);
  // A CRD has no conditions at first, which `kubectl wait` takes for an error.
  await eventually(() => apiserver.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s'));
  await client.create(nodes, { metadata: { name: 'plain' } });
  const annotations = { [NODE_REPORT_ANNOTATION]: JSON.stringify(report) };
  await client.create(nodes, { metadata: { name: 'carded', annotations } });
  const amounts = { 'qat.intel.com/sym-dc': '1' };
  const conditions = [{ type: NODE_CONDITION, status: 'True', reason: 'Healthy', message: 'well' }];
  const status = { capacity: amounts, allocatable: amounts, conditions };
  await client.patch(nodes, { name: 'carded' }, { status }, { kind: 'strategic', subresource: 'status' });
}, 1_800_000); // from empty caches it builds Kubernetes first

afterAll(async () => {
  await client?.close();
  await apiserver?.stop();
});

async function virtctl(kubeconfig: string, ...args: string[]) {
  const program = join(repository, 'apps/virtctl/src/main.ts');
  const child = spawn(process.execPath, [program, ...args, '--kubeconfig', kubeconfig]);
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { out, errors, code: child.exitCode };
}

test('nodes are listed and described from what the cluster says', async () => {
  const listed = await virtctl(apiserver.kubeconfigPath, 'qat', 'nodes');
  expect(listed).toMatchObject({ code: 0, errors: '' });
  expect(listed.out).toMatch(/^carded +1 +1 +1 +0 +0 +True +qat\.intel\.com\/sym-dc=0\/1$/m);
  expect(listed.out).not.toContain('plain');
  const described = await virtctl(apiserver.kubeconfigPath, 'qat', 'describe', 'carded', '-o', 'json');
  expect(JSON.parse(described.out)).toEqual([expect.objectContaining({ node: 'carded', healthy: 'True' })]);
  const missing = await virtctl(apiserver.kubeconfigPath, 'qat', 'describe', 'plain');
  expect(missing).toMatchObject({ code: 1, errors: expect.stringContaining('node plain: no node tells of QAT') });
}, 60_000);

test('who may not list pods and guests of all namespaces is told so', async () => {
  const user = 'jane';
  await apiserver.kubectl('create', 'clusterrole', 'node-reader', '--verb=list', '--resource=nodes');
  await apiserver.kubectl('create', 'clusterrolebinding', 'jane', '--clusterrole=node-reader', `--user=${user}`);
  const kinds = '--resource=pods,virtualmachineinstances.kubevirt.io';
  await apiserver.kubectl('create', 'role', 'reader', '--verb=list', kinds);
  await apiserver.kubectl('create', 'rolebinding', 'jane', '--role=reader', `--user=${user}`);
  const kubeconfig = await apiserver.kubeconfigFor({ name: user });
  const { out, errors, code } = await virtctl(kubeconfig, 'qat', 'nodes', '-n', 'default');
  expect(code).toBe(0);
  expect(out).toContain('carded');
  expect(errors).toMatch(/may not list pods of all namespaces/);
  expect(errors).toMatch(/may not list virtualmachineinstances of all namespaces/);
}, 60_000);
