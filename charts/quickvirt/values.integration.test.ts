import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { controlPlaneBinaries } from '@quickvirt/cluster';
import { startKubeApiserver, type KubeApiserver } from '@quickvirt/testing';
import { pairwise } from './pairwise.ts';
import { renderChart } from './render.ts';

const chart = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), 'quickvirt-chart-'));
let helm: string;
let apiserver: KubeApiserver;

beforeAll(async () => {
  ({ helm } = await controlPlaneBinaries());
  apiserver = await startKubeApiserver({ flags: ['--allow-privileged=true'] });
  await apiserver.kubectl('create', 'namespace', 'qv');
}, 120_000);

afterAll(async () => {
  await apiserver?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const app = {
  replicas: [2, 1],
  resources: [{ requests: { cpu: '10m' } }, { limits: { memory: '1Gi', cpu: 1 } }, {}],
  nodeSelector: [{}, { 'example.com/role': 'infra' }],
  tolerations: [[], [{ operator: 'Exists' }]],
  affinity: [{}, { podAffinity: {} }],
};
const under = (prefix: string, factors: Record<string, readonly unknown[]>): Record<string, readonly unknown[]> =>
  Object.fromEntries(Object.entries(factors).map(([name, levels]) => [`${prefix}.${name}`, levels]));
const { replicas: _none, affinity: _neither, ...handler } = app;

/** Every value that the schema knows, with levels on both sides of each condition in the templates. */
const factors = {
  'image.registry': ['registry.test/quickvirt', 'localhost:5000/a/b'],
  'image.tag': ['v1', 'dev'],
  'image.pullPolicy': ['Always', 'IfNotPresent', 'Never'],
  'image.pullSecrets': [[], ['one', 'two']],
  'kubevirt.create': [true, false],
  'kubevirt.configuration': [{}, { developerConfiguration: { useEmulation: true, featureGates: ["a'b", 'c"d'] } }],
  ...under('virtApi', app),
  ...under('virtController', app),
  ...under('virtHandler', handler),
  'virtHandler.maxDevices': [1, 1000],
  'virtHandler.kubeletRootDir': ['/var/lib/kubelet', '/data/kubelet'],
  'monitoring.enabled': [false, true],
  'monitoring.labels': [{}, { release: 'prometheus' }],
  'monitoring.interval': ['30s', '1m'],
  qat: [{}, { denylistConsent: ['c62x'], physicalFunctions: [{ families: ['4xxx'], services: ['sym', 'dc'] }] }],
  'dra.enabled': [false, true],
  'dra.driverName': ['qat.quickvirt.io', 'qat.example.org'],
  podAnnotations: [{}, { 'example.com/built': 'now: "1"' }],
  logVerbosity: [0, 9],
  'uninstall.workloads': ['block', 'remove'],
  'uninstall.timeoutSeconds': [1, 86_400],
};

function nested(row: Record<string, unknown>): Record<string, unknown> {
  const values: Record<string, Record<string, unknown>> = {};
  const flat: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(row)) {
    const [group = '', name] = path.split('.');
    if (name === undefined) flat[group] = value;
    else values[group] = { ...values[group], [name]: value };
  }
  return { ...values, ...flat };
}

interface Schema {
  type?: string;
  $ref?: string;
  properties?: Record<string, Schema>;
}

/** What the schema lets one set: values, and one level of groups of values. `global` is every chart's, and read by none of ours. */
function valuesOf({ $defs, properties = {} }: Schema & { $defs: Record<string, Schema> }): string[] {
  const resolved = (schema: Schema): Schema => $defs[schema.$ref?.split('/').at(-1) ?? ''] ?? schema;
  return Object.entries(properties).flatMap(([name, schema]) => {
    if (name === 'global') return [];
    // The KubeVirt object's own part has tests of its own.
    const grouped = name === 'qat' ? undefined : resolved(schema).properties;
    return grouped ? Object.keys(grouped).map((inner) => `${name}.${inner}`) : [name];
  });
}

test('the values of the schema are all among the factors', () => {
  const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')) as Parameters<typeof valuesOf>[0];
  expect(Object.keys(factors).toSorted()).toEqual(valuesOf(schema).toSorted());
});

test('every pair of values renders manifests that a real API server takes', async () => {
  const rows = pairwise(factors);
  expect(rows.length).toBeGreaterThan(8);
  const seen = new Set<string>();
  for (const row of rows) {
    const found = renderChart(helm, nested(row));
    const names = found.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    // Most manifests do not depend on values: each once. The Prometheus operator's kinds are not served here.
    const items = found.filter(
      (manifest) => manifest.apiVersion !== 'monitoring.coreos.com/v1' && !seen.has(JSON.stringify(manifest)),
    );
    for (const item of items) seen.add(JSON.stringify(item));
    const file = join(folder, 'rendered.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    if (items.length > 0) {
      await apiserver.kubectl('apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', file);
    }
  }
  expect(seen.size).toBeGreaterThan(rows.length * 3);
}, 240_000);

describe('the schema refuses', () => {
  test.each([
    ['an unknown value', { virtAPI: {} }, /virtAPI/],
    ['an unknown value further down', { image: { tags: 'x' } }, /tags/],
    ['no replica', { virtApi: { replicas: 0 } }, /replicas/],
    ['a pull policy that is none', { image: { pullPolicy: 'Sometimes' } }, /pullPolicy/],
    ['a relative kubelet root', { virtHandler: { kubeletRootDir: 'kubelet' } }, /kubeletRootDir/],
    ['a toleration with a typing error', { virtHandler: { tolerations: [{ keys: 'x' }] } }, /keys/],
    ['a policy that is none', { uninstall: { workloads: 'keep' } }, /workloads/],
    ['a driver name that is none', { dra: { driverName: 'Q_A_T' } }, /driverName/],
    ['a verbosity out of range', { logVerbosity: 10 }, /logVerbosity/],
    ['an interval without a unit', { monitoring: { interval: '30' } }, /interval/],
  ])('%s', (_what, values, words) => {
    expect(() => renderChart(helm, values)).toThrow(words);
  });
});

test('lint has nothing to say', () => {
  execFileSync(helm, ['lint', '--strict', '--quiet', chart], { stdio: 'pipe' });
});
