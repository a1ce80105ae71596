import type { KindRules } from '../../../packages/kube/src/testing/memory-api/kind-rules.ts';

/** Our kinds as their CRDs have them. `kind-rules.test.ts` holds the keys to the CRDs' `x-kubernetes-list-map-keys`. */
export const RULES: Readonly<Record<string, KindRules>> = {
  VirtualMachine: {
    statusSubresource: true,
    listKeys: { 'metadata.ownerReferences': 'uid', 'status.conditions': 'type' },
  },
  VirtualMachineInstance: {
    statusSubresource: true,
    listKeys: {
      'metadata.ownerReferences': 'uid',
      'status.conditions': 'type',
      'status.phaseTransitionTimestamps': 'phase',
      'status.volumeStatus': 'name',
      'status.interfaces': 'name,interfaceName',
      'status.deviceStatus': 'name',
    },
  },
};
