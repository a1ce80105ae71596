import type { PolicyRule } from '@quickvirt/kube';

const read = ['get', 'list', 'watch'];
const edit = ['get', 'delete', 'create', 'update', 'patch', 'list', 'watch'];
const administer = [...edit, 'deletecollection'];

const subresources = 'subresources.kubevirt.io';

/** A ClusterRole for users, and the built-in role it is folded into, or the group that has it. */
export interface UserRole {
  name: string;
  /** Aggregated into this built-in role, so that whoever has it in a namespace may use VMs there. */
  aggregateTo?: 'admin' | 'edit' | 'view';
  /** Bound to every authenticated user in the whole cluster. */
  everyone?: boolean;
  rules: PolicyRule[];
}

const workloads = [
  'virtualmachines',
  'virtualmachineinstances',
  'virtualmachineinstancepresets',
  'virtualmachineinstancereplicasets',
];
const migrations = ['virtualmachineinstancemigrations'];
const clusterInstancetypes = ['virtualmachineclusterinstancetypes', 'virtualmachineclusterpreferences'];
const sideKinds: [group: string, kinds: string[]][] = [
  ['snapshot.kubevirt.io', ['virtualmachinesnapshots', 'virtualmachinesnapshotcontents', 'virtualmachinerestores']],
  ['backup.kubevirt.io', ['virtualmachinebackups', 'virtualmachinebackuptrackers']],
  ['export.kubevirt.io', ['virtualmachineexports']],
  ['clone.kubevirt.io', ['virtualmachineclones']],
  ['instancetype.kubevirt.io', ['virtualmachineinstancetypes', 'virtualmachinepreferences', ...clusterInstancetypes]],
  ['pool.kubevirt.io', ['virtualmachinepools']],
];

const observe = ['guestosinfo', 'filesystemlist', 'userlist', 'sev/fetchcertchain', 'sev/querylaunchmeasurement'];
const connect = ['console', 'vnc', 'portforward', 'usbredir'];
const operate = [
  'pause',
  'unpause',
  'addvolume',
  'removevolume',
  'freeze',
  'unfreeze',
  'softreboot',
  'reset',
  'sev/setupsession',
  'sev/injectlaunchsecret',
  'evacuate/cancel',
];
const operateVm = [
  'start',
  'stop',
  'restart',
  'addvolume',
  'removevolume',
  'memorydump',
  'removememorydump',
  'evacuate/cancel',
];
const graphs = ['virtualmachines/objectgraph', 'virtualmachineinstances/objectgraph'];

function ofVm(names: string[]): string[] {
  return names.map((name) => `virtualmachines/${name}`);
}

function ofVmi(names: string[]): string[] {
  return names.map((name) => `virtualmachineinstances/${name}`);
}

function rule(apiGroup: string, resources: string[], verbs: string[]): PolicyRule {
  return { apiGroups: [apiGroup], resources, verbs };
}

function changeVms(verbs: string[], extraConnections: string[]): PolicyRule[] {
  return [
    rule(subresources, [...ofVmi([...connect, ...extraConnections, ...observe]), ...graphs], ['get']),
    rule(subresources, ofVmi(operate), ['update']),
    rule(subresources, ofVm(['expand-spec', 'portforward']), ['get']),
    rule(subresources, [...ofVm(operateVm), 'expand-vm-spec'], ['update']),
    rule('kubevirt.io', workloads, verbs),
    rule('kubevirt.io', migrations, read),
    ...sideKinds.map(([group, kinds]) => rule(group, kinds, verbs)),
    rule('migrations.kubevirt.io', ['migrationpolicies'], read),
  ];
}

/**
 * The roles that users get by having Kubernetes' own admin, edit and view roles, and what every user may read. A
 * migration moves load between nodes, so `kubevirt.io:migrate` is granted apart.
 */
export const userRoles: readonly UserRole[] = [
  {
    name: 'kubevirt.io:admin',
    aggregateTo: 'admin',
    rules: [...changeVms(administer, ['vnc/screenshot']), rule('plugin.kubevirt.io', ['plugins'], administer)],
  },
  {
    name: 'kubevirt.io:edit',
    aggregateTo: 'edit',
    rules: [...changeVms(edit, []), rule('kubevirt.io', ['kubevirts'], ['get', 'list'])],
  },
  {
    name: 'kubevirt.io:view',
    aggregateTo: 'view',
    rules: [
      rule('kubevirt.io', ['kubevirts'], ['get', 'list']),
      rule(subresources, [...ofVm(['expand-spec']), ...ofVmi(observe), ...graphs], ['get']),
      rule(subresources, ['expand-vm-spec'], ['update']),
      rule('kubevirt.io', [...workloads, ...migrations], read),
      ...sideKinds.map(([group, kinds]) => rule(group, kinds, read)),
      rule('migrations.kubevirt.io', ['migrationpolicies'], read),
      rule('plugin.kubevirt.io', ['plugins'], read),
    ],
  },
  {
    name: 'kubevirt.io:migrate',
    rules: [rule(subresources, ofVm(['migrate']), ['update']), rule('kubevirt.io', migrations, administer)],
  },
  {
    name: 'kubevirt.io:default',
    everyone: true,
    rules: [
      rule('kubevirt.io', ['kubevirts'], ['get', 'list']),
      rule(subresources, ['version', 'guestfs'], ['get', 'list']),
    ],
  },
  {
    name: 'instancetype.kubevirt.io:view',
    everyone: true,
    rules: [rule('instancetype.kubevirt.io', clusterInstancetypes, read)],
  },
];

/** The manifests of a role: the ClusterRole, and its binding when everyone has it. */
export function manifestsOf({ name, aggregateTo, everyone, rules }: UserRole): object[] {
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: {
      name,
      labels: {
        'kubevirt.io': '',
        ...(aggregateTo && { [`rbac.authorization.k8s.io/aggregate-to-${aggregateTo}`]: 'true' }),
      },
    },
    rules,
  };
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: { 'kubevirt.io': '' } },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:authenticated' }],
  };
  return everyone ? [role, binding] : [role];
}
