/** Rights on resources of one API group, as a rule of RBAC has them. */
export interface FactRight {
  apiGroups: string[];
  resources: string[];
  verbs: ('get' | 'list')[];
}

/** Everything that defaults and rules ask about through `ClusterFacts`; who answers them needs these rights. */
export const factRights: readonly FactRight[] = [
  { apiGroups: [''], resources: ['persistentvolumeclaims', 'pods'], verbs: ['get'] },
  { apiGroups: ['apps'], resources: ['controllerrevisions'], verbs: ['get'] },
  { apiGroups: ['cdi.kubevirt.io'], resources: ['datavolumes', 'datasources'], verbs: ['get'] },
  {
    apiGroups: ['instancetype.kubevirt.io'],
    resources: [
      'virtualmachineinstancetypes',
      'virtualmachineclusterinstancetypes',
      'virtualmachinepreferences',
      'virtualmachineclusterpreferences',
    ],
    verbs: ['get'],
  },
  {
    apiGroups: ['kubevirt.io'],
    resources: ['virtualmachines', 'virtualmachineinstances'],
    verbs: ['get', 'list'],
  },
  {
    apiGroups: ['kubevirt.io'],
    resources: [
      'kubevirts',
      'virtualmachineinstancemigrations',
      'virtualmachineinstancepresets',
      'virtualmachineinstancereplicasets',
    ],
    verbs: ['list'],
  },
  {
    apiGroups: ['snapshot.kubevirt.io'],
    resources: ['virtualmachinesnapshots', 'virtualmachinesnapshotcontents'],
    verbs: ['get'],
  },
  { apiGroups: ['snapshot.kubevirt.io'], resources: ['virtualmachinerestores'], verbs: ['list'] },
];
