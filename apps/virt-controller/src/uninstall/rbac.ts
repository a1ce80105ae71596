import type { AppRights } from '@quickvirt/kube';

/** What the pre-delete hook may do: see and delete what holds guests, read what the KubeVirt object says of it. */
export const preDeleteRights: AppRights = {
  cluster: [
    {
      apiGroups: ['kubevirt.io'],
      resources: ['virtualmachines', 'virtualmachineinstances', 'virtualmachineinstancereplicasets'],
      verbs: ['list', 'watch', 'delete'],
    },
    { apiGroups: ['pool.kubevirt.io'], resources: ['virtualmachinepools'], verbs: ['list', 'watch', 'delete'] },
  ],
  namespaced: [{ apiGroups: ['kubevirt.io'], resources: ['kubevirts'], verbs: ['list'] }],
};

/** What the post-delete hook may do: remove what our apps made at run time. */
export const postDeleteRights: AppRights = {
  cluster: [
    // Requests have names of the API server's making; ours are told by their signer.
    { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: ['list', 'delete'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'patch'] },
  ],
  namespaced: [
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['secrets', 'configmaps'], resourceNames: ['quickvirt-ca'], verbs: ['delete'] },
    {
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: ['quickvirt-withdrawn-api-services'],
      verbs: ['delete'],
    },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['list', 'delete'] },
    { apiGroups: ['kubevirt.io'], resources: ['kubevirts'], verbs: ['list', 'delete'] },
  ],
};
