import type { AppRights, PolicyRule } from '@quickvirt/kube';

/** What virt-controller may do in the whole cluster. The chart's generator turns it into a ClusterRole. */
const clusterRules: readonly PolicyRule[] = [
  // controllers/vm: finalizers and run strategy of VMs; the API server asks for /finalizers to set blockOwnerDeletion.
  { apiGroups: ['kubevirt.io'], resources: ['virtualmachines'], verbs: ['get', 'list', 'watch', 'patch'] },
  { apiGroups: ['kubevirt.io'], resources: ['virtualmachines/status'], verbs: ['patch'] },
  {
    apiGroups: ['kubevirt.io'],
    resources: ['virtualmachines/finalizers', 'virtualmachineinstances/finalizers'],
    verbs: ['update'],
  },
  {
    apiGroups: ['kubevirt.io'],
    resources: ['virtualmachineinstances'],
    verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
  },
  { apiGroups: ['kubevirt.io'], resources: ['virtualmachineinstances/status'], verbs: ['patch'] },
  // controllers/vmi: launcher pods, and the kubelet's events about volumes that cannot be mounted.
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'create', 'delete'] },
  // What a launcher pod depends on: quotas that demand limits, claims of its volumes, the namespace's labels.
  { apiGroups: [''], resources: ['resourcequotas'], verbs: ['list', 'watch'] },
  { apiGroups: [''], resources: ['persistentvolumeclaims', 'namespaces'], verbs: ['get'] },
  // Their node's label and their readiness gate, in one write.
  { apiGroups: [''], resources: ['pods/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['events'], verbs: ['get', 'list', 'watch', 'create', 'patch'] },
  // controllers/node: whether a node answers, or is proved off.
  { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
  // certificates: our three signers only.
  { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['get', 'list', 'watch'] },
  {
    apiGroups: ['certificates.k8s.io'],
    resources: ['certificatesigningrequests/approval', 'certificatesigningrequests/status'],
    verbs: ['update', 'patch'],
  },
  {
    apiGroups: ['certificates.k8s.io'],
    resources: ['signers'],
    resourceNames: [
      'quickvirt.io/virt-api-serving',
      'quickvirt.io/virt-api-client',
      'quickvirt.io/virt-handler-serving',
    ],
    verbs: ['approve', 'sign'],
  },
  // certificates/injection: list and watch cannot be bound to names by resource, only by field selector.
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['mutatingwebhookconfigurations'],
    resourceNames: ['virt-api-mutator'],
    verbs: ['get', 'list', 'watch', 'patch'],
  },
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['validatingwebhookconfigurations'],
    resourceNames: ['virt-api-validator'],
    verbs: ['get', 'list', 'watch', 'patch'],
  },
  { apiGroups: ['apiregistration.k8s.io'], resources: ['apiservices'], verbs: ['list', 'watch'] },
  {
    apiGroups: ['apiregistration.k8s.io'],
    resources: ['apiservices'],
    resourceNames: ['v1.subresources.kubevirt.io', 'v1alpha3.subresources.kubevirt.io'],
    // api-services: they are withdrawn while nobody answers. A create by apply is bound to the names, one by POST is not.
    verbs: ['get', 'patch', 'create', 'delete'],
  },
];

/** What virt-controller may do in its own namespace. The chart's generator turns it into a Role. */
const namespaceRules: readonly PolicyRule[] = [
  // first-kubevirt: made when there is none, never changed.
  { apiGroups: ['kubevirt.io'], resources: ['kubevirts'], verbs: ['get', 'list', 'watch', 'create'] },
  { apiGroups: ['kubevirt.io'], resources: ['kubevirts/status'], verbs: ['patch'] },
  { apiGroups: ['apps'], resources: ['deployments', 'daemonsets'], verbs: ['list', 'watch'] },
  // certificates/authority: create cannot be bound to a name.
  { apiGroups: [''], resources: ['secrets', 'configmaps'], verbs: ['create'] },
  {
    apiGroups: [''],
    resources: ['secrets', 'configmaps'],
    resourceNames: ['quickvirt-ca'],
    verbs: ['get', 'list', 'watch', 'update'],
  },
  {
    apiGroups: [''],
    resources: ['configmaps'],
    resourceNames: ['quickvirt-withdrawn-api-services'],
    verbs: ['list', 'watch', 'update', 'delete'],
  },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create', 'list', 'watch'] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    resourceNames: ['virt-controller'],
    verbs: ['get', 'update', 'patch'],
  },
];

/** Everything virt-controller may do. */
export const rbac: AppRights = { cluster: clusterRules, namespaced: namespaceRules };
