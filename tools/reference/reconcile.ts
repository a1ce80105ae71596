import type { KubeVirt } from '@quickvirt/api';
import type { KubeObject } from '@quickvirt/kube';
import { reconcileCase } from '../../apps/virt-controller/src/reference-reconcile.ts';
import type { ReferenceCase, ReferenceOutput } from './case.ts';

/** One look of the VM controller at the VM of a case. */
export function runReconcileCase(input: ReferenceCase, kubevirt: KubeVirt | undefined): ReferenceOutput {
  const world = (input.world ?? []) as KubeObject[];
  return { json: { config: input.config, ...reconcileCase({ world }, kubevirt) } };
}
