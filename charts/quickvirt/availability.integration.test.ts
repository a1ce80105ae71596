import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { controlPlaneBinaries } from '@quickvirt/cluster';
import { renderChart, type Manifest } from './render.ts';

const repository = join(import.meta.dirname, '../..');
let rendered: Manifest[];

beforeAll(async () => {
  const { helm } = await controlPlaneBinaries();
  rendered = renderChart(helm, { monitoring: { enabled: true } });
}, 1_800_000);

const find = (kind: string, name: string): Manifest | undefined =>
  rendered.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);

describe.each(['virt-api', 'virt-controller'])('%s', (name) => {
  const labels = { 'kubevirt.io': name };

  test('has two replicas, apart where there is a choice, and an upgrade never takes a ready one away', () => {
    const podAffinityTerm = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } };
    const preferred = [expect.objectContaining({ podAffinityTerm })];
    const spec = {
      priorityClassName: 'kubevirt-cluster-critical',
      affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } },
    };
    expect(find('Deployment', name)?.spec).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: { metadata: { labels }, spec },
    });
    expect(find('PriorityClass', spec.priorityClassName)).toBeDefined();
  });

  test('gives a drain one pod at a time, and one that is not ready always', () => {
    expect(find('PodDisruptionBudget', name)?.spec).toEqual({
      maxUnavailable: 1,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: labels },
    });
  });
});

test('virt-handler is a critical pod, which no kubelet evicts, and may be one where that takes a quota', () => {
  const priorityClassName = 'system-node-critical';
  expect(find('DaemonSet', 'virt-handler')?.spec).toMatchObject({ template: { spec: { priorityClassName } } });
  expect(find('ResourceQuota', 'virt-handler-critical-pods')?.spec).toMatchObject({
    scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: [priorityClassName] }] },
  });
});

describe('webhooks', () => {
  const webhooks = () => rendered.flatMap((manifest) => manifest.webhooks ?? []);

  test('those that fail closed are asked about no deletion, no object that is being deleted, none of our own', () => {
    const closed = webhooks().filter(({ failurePolicy }) => failurePolicy === 'Fail');
    expect(closed.length).toBeGreaterThan(10);
    for (const { name, rules, namespaceSelector, matchConditions = [] } of closed) {
      const operations = new Set(rules.flatMap((rule) => rule.operations));
      const conditions = matchConditions.map((condition) => condition.name);
      const seen = { name, deletes: operations.has('DELETE') || operations.has('*'), conditions };
      expect(seen).toEqual({ name, deletes: false, conditions: ['not-quickvirt-itself', 'not-being-deleted'] });
      const ours = { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['qv'] };
      expect(namespaceSelector?.matchExpressions).toEqual([ours]);
    }
  });

  test('an eviction goes on when nobody answers, and within the time that a drain waits', () => {
    const eviction = webhooks().find(({ name }) => name === 'pod-eviction-validate.kubevirt.io');
    expect(eviction?.failurePolicy).toBe('Ignore');
    for (const { timeoutSeconds } of webhooks()) expect(timeoutSeconds).toBeLessThanOrEqual(10);
  });
});

test('alerts ask for metrics that there are, and say what to fear', () => {
  interface Rule {
    alert: string;
    expr: string;
    annotations: { summary: string };
  }
  const spec = find('PrometheusRule', 'quickvirt')?.spec as { groups: { rules: Rule[] }[] } | undefined;
  const rules = spec?.groups.flatMap((group) => group.rules) ?? [];
  const sources = globSync(join(repository, '{apps,packages}/*/src/**/*.ts')).filter(
    (file) => !file.includes('.test.'),
  );
  const code = sources.map((file) => readFileSync(file, 'utf8')).join('\n');
  for (const { alert, expr, annotations } of rules) {
    expect(annotations.summary).not.toBe('');
    // A package of ours that could be anybody's gets its prefix from the app.
    const missing = [...expr.matchAll(/(?:quickvirt|kubevirt)_(\w+)/g)].filter(
      ([, name]) => !code.includes(`${name}'`),
    );
    const composed = missing.filter(([, name]) => !code.includes(`}${name}\``));
    expect({ alert, unknown: composed.map(([metric]) => metric) }).toEqual({ alert, unknown: [] });
  }
  expect(rules.map(({ alert }) => alert)).toContain('QuickVirtCertificateExpires');
});
