import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { labelChanges, nodeLabels } from './node-labels.ts';

const read = (name: string): string => readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8');
const facts = {
  capabilitiesXml: read('capabilities.xml'),
  domainCapabilitiesXml: read('domain-capabilities-qemu.xml'),
};

describe('nodeLabels', () => {
  const labels = nodeLabels(facts, { obsoleteCpuModels: ['qemu64', '486'] });

  test.each([
    'machine-type.node.kubevirt.io/q35',
    'machine-type.node.kubevirt.io/pc-q35-7.2',
    'cpu-model.node.kubevirt.io/Westmere',
    'host-model-cpu.node.kubevirt.io/EPYC',
    'cpu-vendor.node.kubevirt.io/AMD',
    'cpu-feature.node.kubevirt.io/erms',
    'hyperv.node.kubevirt.io/spinlocks',
    'hyperv.node.kubevirt.io/vendorid',
  ])('%s', (key) => expect(labels[key]).toBe('true'));

  test.each([
    'cpu-model.node.kubevirt.io/qemu64',
    'cpu-model.node.kubevirt.io/Skylake-Server',
    'cpu-feature.node.kubevirt.io/vme',
    'kubevirt.io/sev',
  ])('not %s', (key) => expect(labels).not.toHaveProperty([key]));

  test('an obsolete host model keeps host-model guests away', () => {
    expect(nodeLabels(facts, { obsoleteCpuModels: ['EPYC'] })).toHaveProperty(
      ['node-labeller.kubevirt.io/obsolete-host-model'],
      'true',
    );
  });

  test('every key is one that Kubernetes takes', () => {
    for (const key of Object.keys(labels))
      expect(key.split('/')[1]).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
  });
});

describe('labelChanges', () => {
  const key = fc.constantFrom(
    'machine-type.node.kubevirt.io/q35',
    'cpu-model.node.kubevirt.io/a',
    'kubevirt.io/sev',
    'kubernetes.io/os',
    'mine',
  );
  const labels = fc.dictionary(key, fc.constantFrom('true', 'x'));

  test('after its own changes there is nothing to change, and labels of others stay', () => {
    fc.assert(
      fc.property(labels, labels, (current, wanted) => {
        const changes = labelChanges(current, wanted) ?? {};
        const after = Object.fromEntries(
          Object.entries({ ...current, ...changes }).filter(([, value]) => value !== null),
        ) as Record<string, string>;
        expect(labelChanges(after, wanted)).toBeUndefined();
        for (const other of ['kubernetes.io/os', 'mine']) expect(after[other]).toBe(wanted[other] ?? current[other]);
      }),
    );
  });
});
