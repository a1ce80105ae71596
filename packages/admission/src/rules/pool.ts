import type { VirtualMachinePool } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { invalid, quoted, required, type Cause } from '../cause.ts';
import { isDeepEqual } from '../deep-equal.ts';
import { noFacts, type ClusterFacts } from '../facts.ts';
import { ratchet } from '../ratchet.ts';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';
import { selectorRules } from './selected-template.ts';
import { vmCauses } from './vm.ts';

/** Judges a VirtualMachinePool. */
export function validatePool(request: AdmissionRequest<VirtualMachinePool>): Verdict {
  const { object, old, config, facts = noFacts } = request;
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  const causes = poolCauses(object, config, facts);
  if (!old) return verdictOf(causes);
  const moved = !isDeepEqual(object.spec.selector, old.spec.selector);
  return verdictOf([
    ...ratchet(causes, poolCauses(old, config, facts)),
    ...(moved ? [invalid('spec.selector', 'selector is immutable after creation.')] : []),
  ]);
}

function poolCauses({ metadata, spec }: VirtualMachinePool, config: ClusterConfig, facts: ClusterFacts): Cause[] {
  const template = spec.virtualMachineTemplate;
  if (!template?.spec) return [required('spec.virtualMachineTemplate', 'missing virtual machine template.')];
  const vm = { metadata: { name: metadata.name, namespace: metadata.namespace }, spec: template.spec };
  return [
    ...vmCauses(vm, config, facts).map((cause) => ({ ...cause, field: below(cause.field) })),
    ...selectorRules(spec.selector, template.metadata?.labels),
    ...unavailableRules(spec.maxUnavailable),
  ];
}

function below(field: string): string {
  return field === '' ? '' : `spec.virtualMachineTemplate.${field}`;
}

/** A number, or a share in percent, above nothing: a pool that may miss none could never update. */
function unavailableRules(maxUnavailable: number | string | undefined): Cause[] {
  if (maxUnavailable === undefined) return [];
  const text = String(maxUnavailable);
  const percent = /^([0-9]{1,3})%$/.exec(text)?.[1];
  const isShare = percent !== undefined && Number(percent) >= 1 && Number(percent) <= 100;
  if (isShare || (typeof maxUnavailable === 'number' && maxUnavailable > 0)) return [];
  const message = `${quoted(maxUnavailable)} is neither a number above 0 nor a share of 1% to 100%`;
  return [invalid('spec.maxUnavailable', message)];
}
