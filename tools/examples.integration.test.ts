import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type KubeApiserver, startKubeApiserver } from '@quickvirt/testing';

const root = join(import.meta.dirname, '..');
let apiserver: KubeApiserver;

beforeAll(async () => {
  apiserver = await startKubeApiserver();
  await apiserver.kubectl('create', '-f', join(root, 'charts/quickvirt/templates/crds'));
  // Where kubevirt.yaml lives.
  await apiserver.kubectl('create', 'namespace', 'quickvirt');
  await apiserver.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s');
}, 1_800_000); // from empty caches it builds Kubernetes first

afterAll(() => apiserver?.stop());

test('a real API server takes every example, with no field unknown to it', async () => {
  const examples = join(root, 'examples');
  const output = await apiserver.kubectl('create', '--dry-run=server', '--validate=strict', '-f', examples);
  const lines = output.trim().split('\n');
  expect(lines.length).toBeGreaterThan(40);
  expect(lines.filter((line) => !line.endsWith('created (server dry run)'))).toEqual([]);
}, 120_000);
