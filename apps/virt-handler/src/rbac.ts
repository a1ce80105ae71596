import type { AppRights } from '@quickvirt/kube';

/**
 * What virt-handler may do. It reads no Secret and writes no spec; a ValidatingAdmissionPolicy may bind its status and
 * node writes to its own node further.
 */
export const rbac: AppRights = {
  cluster: [
    { apiGroups: ['kubevirt.io'], resources: ['virtualmachineinstances'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['kubevirt.io'], resources: ['virtualmachineinstances/status'], verbs: ['patch'] },
    // An event that an earlier process wrote is read, to count on.
    { apiGroups: [''], resources: ['events'], verbs: ['get', 'create', 'patch'] },
    // The node's runtime version and labels are read, its own labels and the report of its QAT cards written.
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch'] },
    // One condition of its own: QuickVirtQatHealthy.
    { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['certificatesigningrequests'],
      verbs: ['create', 'get', 'watch'],
    },
    // This node's devices for Dynamic Resource Allocation; a policy holds the writes to this node's slices.
    {
      apiGroups: ['resource.k8s.io'],
      resources: ['resourceslices'],
      verbs: ['list', 'watch', 'create', 'update', 'delete'],
    },
    { apiGroups: ['resource.k8s.io'], resources: ['resourceclaims'], verbs: ['get'] },
  ],
  namespaced: [
    { apiGroups: ['kubevirt.io'], resources: ['kubevirts'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['quickvirt-ca'], verbs: ['get', 'list', 'watch'] },
    // One Lease a node; create cannot be bound to a name.
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'patch'] },
  ],
};
