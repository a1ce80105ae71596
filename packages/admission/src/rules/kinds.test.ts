import { describe, expect, test } from '@jest/globals';
import type { KubeVirt } from '@quickvirt/api';
import { clusterConfigFrom, featureGateStages } from '@quickvirt/config';
import { factRights } from '../fact-rights.ts';
import { factsOfObjects, type ClusterFacts, type FactRef } from '../facts.ts';
import { admissionHooks } from '../registry.ts';
import type { AdmissionOperation, AdmissionUser, Verdict } from '../request.ts';

const allGates: KubeVirt = {
  metadata: { name: 'kubevirt' },
  spec: { configuration: { developerConfiguration: { featureGates: Object.keys(featureGateStages) } } },
};

interface Asked {
  object: object;
  old?: object;
  operation?: AdmissionOperation;
  world?: object[];
  user?: AdmissionUser;
  kubevirt?: KubeVirt;
}

const plural = (kind: string): string => (kind === 'MigrationPolicy' ? 'migrationpolicies' : `${kind.toLowerCase()}s`);

/** Every right that a rule of these tests needed. */
const used = new Set<string>();

function recorded(facts: ClusterFacts): ClusterFacts {
  const note = (verb: string, { group, resource }: FactRef): void => void used.add(`${verb} ${resource}.${group}`);
  return {
    get: (ref) => (note('get', ref), facts.get(ref)),
    list: (ref) => (note('list', ref), facts.list(ref)),
  };
}

function judge(path: string, { object, old, world = [], user, kubevirt, ...rest }: Asked): Verdict {
  const hook = admissionHooks.find((candidate) => candidate.path === path);
  if (hook?.type !== 'validate') throw new Error(`no validating hook ${path}`);
  return hook.validate({
    operation: rest.operation ?? (old ? 'UPDATE' : 'CREATE'),
    object,
    ...(old && { old }),
    user: user ?? { username: 'jane', groups: [] },
    config: clusterConfigFrom(kubevirt),
    installNamespace: 'quickvirt',
    facts: recorded(factsOfObjects(world, plural, true)),
  });
}

const found = (path: string, asked: Asked): string[] =>
  judge(path, asked).causes.map(({ type, field }) => `${type.replace('FieldValue', '')} ${field}`);

const metadata = { name: 'a', namespace: 'default' };
const domain = { memory: { guest: '1Gi' }, devices: {} };
const vm = (spec: object, template: object = { spec: { domain } }): object => ({
  kind: 'VirtualMachine',
  metadata,
  spec: { runStrategy: 'Halted', template, ...spec },
});

describe('a VirtualMachine', () => {
  const path = '/virtualmachines-validate';
  const instancetype = {
    apiVersion: 'instancetype.kubevirt.io/v1beta1',
    kind: 'VirtualMachineInstancetype',
    metadata: { name: 'medium', namespace: 'default' },
    spec: { cpu: { guest: 2 }, memory: { guest: '1Gi' } },
  };
  const preference = {
    apiVersion: 'instancetype.kubevirt.io/v1beta1',
    kind: 'VirtualMachineClusterPreference',
    metadata: { name: 'big' },
    spec: { requirements: { cpu: { guest: 4 }, memory: { guest: '2Gi' } } },
  };
  const sized = { instancetype: { name: 'medium', kind: 'VirtualMachineInstancetype' } };
  const empty = { spec: { domain: { devices: {} } } };

  test.each<[string, Asked, string[]]>([
    ['two ways to run', { object: vm({ running: true }) }, ['Invalid spec.running']],
    ['a way to run that is none', { object: vm({ runStrategy: 'Alway' }) }, ['Invalid spec.runStrategy']],
    ['an instance type that is not there', { object: vm(sized, empty) }, ['NotFound spec.instancetype']],
    [
      'a size said twice',
      { object: vm(sized), world: [instancetype] },
      ['Invalid spec.template.spec.domain.memory.guest'],
    ],
    [
      'a preference that wants more',
      { object: vm({ ...sized, preference: { name: 'big' } }, empty), world: [instancetype, preference] },
      ['NotFound spec.instancetype', 'NotFound spec.instancetype'],
    ],
    [
      'a DataVolume that no guest sees',
      {
        object: vm({
          dataVolumeTemplates: [{ metadata: { name: 'd' }, spec: { source: { blank: {} }, storage: {} } }],
        }),
      },
      ['Required spec.dataVolumeTemplate[0]'],
    ],
    [
      'a guest that cannot grow',
      { object: vm({}, { spec: { domain: { memory: { guest: '2Gi', maxGuest: '1Gi' }, devices: {} } } }) },
      ['Invalid spec.template.spec.domain.memory.guest'],
    ],
  ])('with %s is refused', (_what, asked, fields) => expect(found(path, asked)).toEqual(fields));

  test('with an instance type that is not known here is judged without its size', () => {
    const hook = admissionHooks.find((candidate) => candidate.path === path);
    const request = { operation: 'CREATE' as const, object: vm(sized, empty), user: { username: 'jane', groups: [] } };
    const verdict =
      hook?.type === 'validate' &&
      hook.validate({ ...request, config: clusterConfigFrom(undefined), installNamespace: 'q' });
    expect(verdict).toEqual({ causes: [], warnings: [] });
  });

  test('warns of spec.running, and may drop it later', () => {
    const object = { ...vm({}), spec: { running: true, template: { spec: { domain } } } };
    expect(judge(path, { object }).warnings).toEqual([expect.stringContaining('spec.runStrategy')]);
    expect(found(path, { object: vm({ runStrategy: 'Always' }), old: object })).toEqual([]);
  });

  test('keeps its disks while a snapshot of it is taken', () => {
    const old = { ...vm({}), status: { snapshotInProgress: 's' } };
    const changed = vm({}, { spec: { domain, volumes: [{ name: 'x', emptyDisk: { capacity: '1Gi' } }] } });
    expect(found(path, { object: changed, old })).toEqual(['NotSupported spec']);
  });
});

describe('a migration', () => {
  const path = '/migration-validate-create';
  const object = { metadata: { name: 'm', namespace: 'default' }, spec: { vmiName: 'a' } };
  const vmi = (status: object): object => ({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata,
    status,
  });
  const running = vmi({ phase: 'Running' });
  const other = (phase: string): object => ({
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstanceMigration',
    metadata: { name: 'other', namespace: 'default', uid: 'u', labels: { 'kubevirt.io/vmi-name': 'a' } },
    status: { phase },
  });

  test.each<[string, object[], boolean]>([
    ['of a running guest', [running], true],
    ['of none', [], false],
    ['of one that ended', [vmi({ phase: 'Failed' })], false],
    [
      'of one that cannot move',
      [vmi({ phase: 'Running', conditions: [{ type: 'LiveMigratable', status: 'False' }] })],
      false,
    ],
    ['beside one that runs', [running, other('Running')], false],
    ['after one that ended', [running, other('Succeeded')], true],
  ])('%s: %#', (_what, world, allowed) => {
    expect(found(path, { object, world })).toEqual(allowed ? [] : [expect.stringContaining('spec.vmiName')]);
  });

  test('stays the order that it was', () => {
    const changed = { ...object, spec: { vmiName: 'b' } };
    expect(found('/migration-validate-update', { object: changed, old: object })).toEqual(['NotSupported ']);
  });
});

describe('an eviction', () => {
  const path = '/pod-eviction-validate';
  const object = { metadata: { name: 'virt-launcher-a', namespace: 'default' } };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...object.metadata, annotations: { 'kubevirt.io/domain': 'a' } },
    spec: { nodeName: 'n' },
  };
  const guest = (evictionStrategy: string, movable: boolean, status: object = {}): object[] => [
    pod,
    {
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata,
      spec: { evictionStrategy },
      status: {
        nodeName: 'n',
        conditions: [{ type: 'LiveMigratable', status: movable ? 'True' : 'False' }],
        ...status,
      },
    },
  ];
  const marks = { namespace: 'default', name: 'a', nodeName: 'n' };

  test.each<[string, object[], Verdict['evacuation'] | 'refused' | 'allowed']>([
    ['of a guest that moves marks it', guest('LiveMigrate', true), marks],
    ['of a guest that cannot move waits', guest('LiveMigrate', false), 'refused'],
    ['of a guest that moves if it can marks it', guest('LiveMigrateIfPossible', true), marks],
    ['of a guest that would move and cannot lets it go', guest('LiveMigrateIfPossible', false), 'allowed'],
    ['of a guest that another service moves marks it', guest('External', false), marks],
    ['of a guest that may go lets it go', guest('None', true), 'allowed'],
    ['waits for one that is on its way', guest('LiveMigrate', true, { evacuationNodeName: 'n' }), 'refused'],
    ['of a pod without a guest lets it go', [pod], 'allowed'],
    ['of no pod lets it go', [], 'allowed'],
  ])('%s', (_what, world, outcome) => {
    const { refusal, evacuation } = judge(path, { object, world });
    expect(refusal?.code).toBe(outcome === 'allowed' ? undefined : 429);
    expect(evacuation).toEqual(typeof outcome === 'object' ? outcome : undefined);
  });

  test('says what the descheduler looks for', () => {
    const { refusal } = judge(path, { object, world: guest('LiveMigrate', true) });
    expect(refusal?.message).toBe('Eviction triggered evacuation of VMI "default/a"');
  });

  test('of an attachment pod waits for its guest', () => {
    const attachment = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'hp-volume-x',
        namespace: 'default',
        ownerReferences: [{ kind: 'Pod', name: 'virt-launcher-a' }],
      },
    };
    const asked = {
      object: { metadata: { name: 'hp-volume-x', namespace: 'default' } },
      world: [attachment, ...guest('None', true)],
    };
    expect(judge(path, asked).refusal?.message).toContain('cannot evict hotplug pod');
  });
});

describe('an instance that runs', () => {
  const path = '/virtualmachineinstances-validate-update';
  const api = { username: 'system:serviceaccount:quickvirt:virt-api', groups: [] };
  const claim = { name: 'hp', persistentVolumeClaim: { claimName: 'c', hotpluggable: true } };
  const vmi = (disks: object[], volumes: object[], status: object = {}): object => ({
    metadata,
    spec: {
      domain: { devices: { disks: [{ name: 'root', disk: { bus: 'virtio' } }, ...disks] } },
      volumes: [{ name: 'root', containerDisk: { image: 'x' } }, ...volumes],
    },
    status,
  });
  const old = vmi([], []);

  test.each<[string, object, boolean]>([
    ['a disk on scsi', vmi([{ name: 'hp', disk: { bus: 'scsi' } }], [claim]), true],
    ['a disk on sata', vmi([{ name: 'hp', disk: { bus: 'sata' } }], [claim]), false],
    ['a LUN on virtio', vmi([{ name: 'hp', lun: { bus: 'virtio' } }], [claim]), false],
    ['a volume without a disk', vmi([], [claim]), false],
    ['a disk without a volume', vmi([{ name: 'hp', disk: { bus: 'scsi' } }], []), false],
    [
      'a volume that is for good',
      vmi([{ name: 'hp', disk: { bus: 'scsi' } }], [{ name: 'hp', emptyDisk: { capacity: '1Gi' } }]),
      false,
    ],
  ])('takes %s as it is made for that', (_what, object, allowed) => {
    expect(found(path, { object, old, user: api }).length === 0).toBe(allowed);
    // A user changes the VM, never its instance.
    expect(found(path, { object, old })).toEqual(['NotSupported ']);
  });

  test('is written by the handler of its node alone', () => {
    const stored = vmi([], [], { nodeName: 'n1' });
    const changed = vmi([], [], { nodeName: 'n1', phase: 'Running' });
    const handlerOf = (node?: string): AdmissionUser => ({
      username: 'system:serviceaccount:quickvirt:virt-handler',
      groups: [],
      ...(node && { extra: { 'authentication.kubernetes.io/node-name': [node] } }),
    });
    expect(found(path, { object: changed, old: stored, user: handlerOf('n1') })).toEqual([]);
    expect(found(path, { object: changed, old: stored, user: handlerOf('n2') })).toEqual(['Invalid ']);
    expect(found(path, { object: changed, old: stored, user: handlerOf() })).toEqual(['Invalid ']);
    const moved = vmi([], [], { nodeName: 'n1', migrationState: { targetNode: 'n2' } });
    expect(found(path, { object: moved, old: stored, user: handlerOf('n1') })).toEqual(['Invalid ']);
  });
});

describe('the other kinds', () => {
  const target = { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', name: 'a' };
  const stored = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', metadata };
  const restore = (spec: object): Asked => ({
    object: { metadata, spec: { target, virtualMachineSnapshotName: 's', ...spec } },
    world: [stored],
  });
  const set = { selector: { matchLabels: { a: 'b' } } };
  const template = { metadata: { labels: { a: 'b' } }, spec: { domain } };
  const kubevirt = (configuration: object, more: object = {}): object => ({
    metadata: { name: 'k', namespace: 'q', uid: 'u' },
    spec: { configuration, ...more },
  });

  test.each<[string, string, Asked, string[]]>([
    [
      'a snapshot of a pod',
      '/virtualmachinesnapshots-validate',
      { object: { metadata, spec: { source: { ...target, kind: 'Pod' } } } },
      ['Invalid spec.source.kind'],
    ],
    ['a snapshot of a VM', '/virtualmachinesnapshots-validate', { object: { metadata, spec: { source: target } } }, []],
    ['a restore of a VM', '/virtualmachinerestores-validate', restore({}), []],
    [
      'a restore with a patch of metadata',
      '/virtualmachinerestores-validate',
      restore({ patches: ['{"op":"remove","path":"/metadata/name"}'] }),
      ['Invalid spec.patches'],
    ],
    [
      'a restore of nothing',
      '/virtualmachinerestores-validate',
      { ...restore({}), world: [] },
      ['NotFound spec.target.name'],
    ],
    [
      'an export of a Job',
      '/virtualmachineexports-validate',
      { object: { metadata, spec: { source: { kind: 'Job', name: 'a' } } } },
      ['Invalid spec.source.kind'],
    ],
    [
      'a clone onto itself',
      '/vm-clone-validate-create',
      { object: { metadata, spec: { source: target, target } } },
      ['Invalid spec.target.name'],
    ],
    [
      'a clone with a filter that is none',
      '/vm-clone-validate-create',
      { object: { metadata, spec: { source: target, labelFilters: ['a*b'] } } },
      ['Invalid spec.labels'],
    ],
    ['a replica set', '/virtualmachinereplicaset-validate', { object: { metadata, spec: { ...set, template } } }, []],
    [
      'a replica set of others',
      '/virtualmachinereplicaset-validate',
      { object: { metadata, spec: { ...set, template: { spec: { domain } } } } },
      ['Invalid spec.selector'],
    ],
    [
      'a pool of others',
      '/virtualmachinepool-validate',
      { object: { metadata, spec: { ...set, virtualMachineTemplate: { spec: { runStrategy: 'Halted', template } } } } },
      ['Invalid spec.selector'],
    ],
    [
      'an instance type that gives more than all',
      '/virtualmachineinstancetypes-validate',
      { object: { metadata, spec: { cpu: { guest: 1 }, memory: { guest: '1Gi', overcommitPercent: 101 } } } },
      ['Invalid spec.memory.overcommitPercent'],
    ],
    [
      'a preference with a shape that is none',
      '/virtualmachinepreferences-validate',
      { object: { metadata, spec: { cpu: { preferredCPUTopology: 'round' } } } },
      ['Invalid spec.cpu.preferredCPUTopology'],
    ],
    [
      'a policy below nothing',
      '/migration-policy-validate-create',
      { object: { metadata, spec: { selectors: {}, bandwidthPerMigration: '-1Mi' } } },
      ['Invalid spec.bandwidthPerMigration'],
    ],
    [
      'a second KubeVirt',
      '/kubevirt-validate',
      {
        object: kubevirt({}),
        world: [{ apiVersion: 'kubevirt.io/v1', kind: 'KubeVirt', metadata: { name: 'other', namespace: 'q' } }],
      },
      ['Forbidden metadata.name'],
    ],
    [
      'a gate on and off',
      '/kubevirt-validate',
      { object: kubevirt({ developerConfiguration: { featureGates: ['VSOCK'], disabledFeatureGates: ['VSOCK'] } }) },
      ['Invalid spec.configuration.developerConfiguration.disabledFeatureGates'],
    ],
    [
      'a KubeVirt that goes before its VMs',
      '/kubevirt-validate',
      {
        operation: 'DELETE',
        object: kubevirt({}, { uninstallStrategy: 'BlockUninstallIfWorkloadsExist' }),
        world: [stored],
      },
      ['Forbidden spec.uninstallStrategy'],
    ],
    [
      'a KubeVirt that goes after its VMs',
      '/kubevirt-validate',
      { operation: 'DELETE', object: kubevirt({}, { uninstallStrategy: 'BlockUninstallIfWorkloadsExist' }) },
      [],
    ],
    ['a plugin without its gate', '/plugin-validate', { object: { metadata, spec: {} } }, ['Invalid spec']],
    ['a plugin with its gate', '/plugin-validate', { object: { metadata, spec: {} }, kubevirt: allGates }, []],
  ])('%s', (_what, path, asked, fields) => expect(found(path, asked)).toEqual(fields));

  test.each([
    '/virtualmachinesnapshots-validate',
    '/virtualmachinerestores-validate',
    '/virtualmachineexports-validate',
  ])('%s: an order stands, its labels do not', (path) => {
    const old = { metadata, spec: { source: target, target } };
    const labelled = { ...old, metadata: { ...metadata, labels: { a: 'b' } } };
    const other = { ...old, spec: { source: { ...target, name: 'b' }, target } };
    expect(found(path, { object: labelled, old })).toEqual([]);
    expect(found(path, { object: other, old })).toEqual(['Invalid spec']);
  });
});

test('rules ask for nothing beyond the rights that are declared for them', () => {
  const granted = factRights.flatMap(({ apiGroups, resources, verbs }) =>
    verbs.flatMap((verb) => resources.map((resource) => `${verb} ${resource}.${apiGroups[0]}`)),
  );
  expect(used.size).toBeGreaterThan(8);
  expect([...used].filter((right) => !granted.includes(right))).toEqual([]);
});
