/** A rule of a Role or ClusterRole (rbac.authorization.k8s.io/v1). */
export interface PolicyRule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

/** What virt-api may do in the whole cluster: judge callers, and carry out what they asked of VMs and VMIs. */
export const clusterRules: PolicyRule[] = [
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  { apiGroups: ['kubevirt.io'], resources: ['virtualmachines', 'virtualmachineinstances'], verbs: ['get', 'patch'] },
  { apiGroups: ['kubevirt.io'], resources: ['virtualmachines/status'], verbs: ['patch'] },
  {
    apiGroups: ['certificates.k8s.io'],
    resources: ['certificatesigningrequests'],
    verbs: ['create', 'get', 'list', 'watch', 'delete'],
  },
];

/** What virt-api may do in QuickVirt's own namespace. */
export const namespaceRules: PolicyRule[] = [
  { apiGroups: ['kubevirt.io'], resources: ['kubevirts'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['configmaps'], resourceNames: ['quickvirt-ca'], verbs: ['get', 'list', 'watch'] },
];

/** What virt-api may do in the namespace kube-system: learn whom the API server's front proxy is known by. */
export const kubeSystemRules: PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: ['extension-apiserver-authentication'],
    verbs: ['get', 'list', 'watch'],
  },
];
