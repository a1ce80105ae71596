import { describe, expect, test } from '@jest/globals';
import { clusterConfigFrom } from '@quickvirt/config';
import { manifestsIn } from './manifests.ts';
import { factsOf, withNamespace } from './objects.ts';
import { verdictOn } from './verdict.ts';

const config = clusterConfigFrom(undefined);

function verdicts(...objects: object[]) {
  const manifests = withNamespace(
    objects.flatMap((object) => manifestsIn(JSON.stringify(object), 'x')),
    'team',
  );
  const facts = factsOf(manifests);
  return manifests.map(({ object }) => verdictOn(object, config, facts));
}

const guest = { domain: { devices: {}, memory: { guest: '1Gi' } } };
const diskless = { domain: { devices: { disks: [{ name: 'x', disk: {} }] }, memory: { guest: '1Gi' } } };
const vmi = (spec: object = guest, more: object = {}) => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachineInstance',
  metadata: { name: 'a' },
  spec,
  ...more,
});
const vm = (spec: object) => ({
  apiVersion: 'kubevirt.io/v1',
  kind: 'VirtualMachine',
  metadata: { name: 'a' },
  spec: { runStrategy: 'Always', template: { spec: { domain: { devices: {} } } }, ...spec },
});

describe('a verdict', () => {
  test('has the fields that pipelines read', () => {
    expect(verdicts(vmi())).toEqual([
      { kind: 'VirtualMachineInstance', name: 'a', namespace: 'team', allowed: true, causes: [], warnings: [] },
    ]);
  });

  test.each<[string, object, string, string]>([
    ['an unknown field', vmi({ domain: { ...guest.domain, machin: {} } }), 'spec.domain.machin', '"machine"'],
    ['a wrong type', vmi({ domain: { ...guest.domain, cpu: { cores: '2' } } }), 'spec.domain.cpu.cores', '"2"'],
    ['what a rule refuses', vmi(diskless), 'spec.domain.devices.disks[0].name', 'there is no volume "x"'],
    ['a kind that is near one', vmi(guest, { kind: 'VirtualMachineInstanc' }), 'kind', 'VirtualMachineInstance?'],
    [
      'a version that is not served',
      vmi(guest, { apiVersion: 'kubevirt.io/v9' }),
      'apiVersion',
      'served: v1, v1alpha3',
    ],
    ['a missing name', vmi(guest, { metadata: {} }), 'metadata.name', 'needs a name'],
    ['a name that cannot be', vmi(guest, { metadata: { name: 'A_b' } }), 'metadata.name', '"A_b"'],
  ])('refuses %s and names it', (_what, object, field, words) => {
    const [verdict] = verdicts(object);
    expect(verdict?.allowed).toBe(false);
    const cause = verdict?.causes.find((one) => one.field === field);
    expect(cause?.message).toContain(words);
  });

  test('tells all unknown fields at once', () => {
    const [verdict] = verdicts(vmi({ ...guest, colour: 1, shape: 2 }));
    expect(verdict?.causes.map(({ field }) => field)).toEqual(['spec.colour', 'spec.shape']);
  });

  test('lets a foreign kind through and says that it was not checked', () => {
    const [verdict] = verdicts({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } });
    expect(verdict).toMatchObject({ allowed: true, causes: [], warnings: [expect.stringContaining('not checked')] });
  });

  test('uses the instance type of the same files, and is silent on one that is elsewhere', () => {
    const small = {
      apiVersion: 'instancetype.kubevirt.io/v1beta1',
      kind: 'VirtualMachineInstancetype',
      metadata: { name: 'small' },
      spec: { cpu: { guest: 1 }, memory: { guest: '1Gi' } },
    };
    const matcher = { instancetype: { kind: 'VirtualMachineInstancetype', name: 'small' } };
    const conflicting = vm({ ...matcher, template: { spec: { domain: { devices: {}, cpu: { cores: 4 } } } } });
    expect(verdicts(vm(matcher)).map(({ allowed }) => allowed)).toEqual([true]);
    expect(verdicts(vm(matcher), small).map(({ allowed }) => allowed)).toEqual([true, true]);
    expect(verdicts(conflicting, small)[0]?.causes.map(({ field }) => field)).toEqual([
      'spec.template.spec.domain.cpu.cores',
    ]);
  });
});
