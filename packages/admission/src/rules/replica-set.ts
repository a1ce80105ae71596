import type { VirtualMachineInstanceReplicaSet } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { required, type Cause } from '../cause.ts';
import { ratchet } from '../ratchet.ts';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';
import { selectorRules } from './selected-template.ts';
import { vmiSpecRules } from './vmi-spec.ts';

/** Judges a VirtualMachineInstanceReplicaSet. */
export function validateReplicaSet(request: AdmissionRequest<VirtualMachineInstanceReplicaSet>): Verdict {
  const { object, old, config } = request;
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  const causes = replicaSetCauses(object, config);
  return verdictOf(old ? ratchet(causes, replicaSetCauses(old, config)) : causes);
}

function replicaSetCauses({ spec }: VirtualMachineInstanceReplicaSet, config: ClusterConfig): Cause[] {
  const { template, selector } = spec;
  if (!template?.spec) return [required('spec.template', 'missing virtual machine template.')];
  const context = { config, annotations: template.metadata?.annotations ?? {}, defaulted: false };
  return [
    ...(template.spec.domain?.devices ? vmiSpecRules(template.spec, 'spec.template.spec', context) : []),
    ...selectorRules(selector, template.metadata?.labels),
  ];
}
