import { factRights } from '@quickvirt/admission';
import type { AppRights, PolicyRule } from '@quickvirt/kube';

/** What virt-api may do in the whole cluster: judge callers, and carry out what they asked of VMs and VMIs. */
const clusterRules: PolicyRule[] = [
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ...factRights,
  { apiGroups: ['kubevirt.io'], resources: ['virtualmachines', 'virtualmachineinstances'], verbs: ['get', 'patch'] },
  {
    apiGroups: ['kubevirt.io'],
    resources: ['virtualmachines/status', 'virtualmachineinstances/status'],
    verbs: ['patch'],
  },
  {
    apiGroups: ['certificates.k8s.io'],
    resources: ['certificatesigningrequests'],
    verbs: ['create', 'get', 'list', 'watch', 'delete'],
  },
];

/** What virt-api may do in QuickVirt's own namespace. */
const namespaceRules: PolicyRule[] = [
  { apiGroups: ['kubevirt.io'], resources: ['kubevirts'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['configmaps'], resourceNames: ['quickvirt-ca'], verbs: ['get', 'list', 'watch'] },
];

/** What virt-api may do in the namespace kube-system: learn whom the API server's front proxy is known by. */
const kubeSystemRules: PolicyRule[] = [
  {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: ['extension-apiserver-authentication'],
    verbs: ['get', 'list', 'watch'],
  },
];

/** Everything virt-api may do. */
export const rbac: AppRights = {
  cluster: clusterRules,
  namespaced: namespaceRules,
  elsewhere: { 'kube-system': kubeSystemRules },
};
