import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { controlPlaneBinaries } from '@quickvirt/cluster';
import { eventually, startKubeApiserver, type KubeApiserver } from '@quickvirt/testing';

const namespace = 'quickvirt';
let apiserver: KubeApiserver;
let ours: string;

beforeAll(async () => {
  const { helm } = await controlPlaneBinaries();
  apiserver = await startKubeApiserver();
  await apiserver.kubectl('create', 'namespace', namespace);
  for (const name of ['virt-controller', 'virt-handler', 'other']) {
    await apiserver.kubectl('-n', namespace, 'create', 'serviceaccount', name);
  }
  const one = ['--show-only', 'templates/flow-schema.yaml'];
  const rendered = execFileSync(helm, ['template', 'quickvirt', import.meta.dirname, '-n', namespace, ...one]);
  const file = join(apiserver.folder, 'flow-schema.yaml');
  writeFileSync(file, rendered);
  await apiserver.kubectl('create', '-f', file);
  ours = await apiserver.kubectl('get', 'flowschema', 'quickvirt-leases', '-o', 'jsonpath={.metadata.uid}');
}, 120_000);

afterAll(async () => {
  await apiserver?.stop();
});

/** The flow schema that the API server counts a request of a service account to; it says so whatever it answers. */
async function flowSchemaOf(serviceAccount: string, path: string): Promise<unknown> {
  const token = await apiserver.kubectl('-n', namespace, 'create', 'token', serviceAccount);
  const headers = { authorization: `Bearer ${token.trim()}` };
  return new Promise((resolve, reject) => {
    request(`${apiserver.url}${path}`, { headers, ca: apiserver.authority.certificatePem }, (answer) => {
      answer.resume();
      resolve(answer.headers['x-kubernetes-pf-flowschema-uid']);
    })
      .once('error', reject)
      .end();
  });
}

const leases = (where: string): string => `/apis/coordination.k8s.io/v1/namespaces/${where}/leases/virt-controller`;

describe('before all other work of ours goes', () => {
  test.each(['virt-controller', 'virt-handler'])('a lease of %s', async (serviceAccount) => {
    // It counts from when the API server's cache has it.
    await eventually(async () => (await flowSchemaOf(serviceAccount, leases(namespace))) === ours);
  });

  test('nothing else', async () => {
    await eventually(async () => (await flowSchemaOf('virt-controller', leases(namespace))) === ours);
    expect(await flowSchemaOf('virt-controller', `/api/v1/namespaces/${namespace}/pods/a`)).not.toBe(ours);
    expect(await flowSchemaOf('virt-controller', leases('default'))).not.toBe(ours);
    expect(await flowSchemaOf('other', leases(namespace))).not.toBe(ours);
  });
});
