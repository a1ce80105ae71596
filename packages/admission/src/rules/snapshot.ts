import type { VirtualMachineSnapshot } from '@quickvirt/api';
import { featureGateEnabled } from '@quickvirt/config';
import { invalid } from '../cause.ts';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';
import { immutableSpecRules } from './immutable-spec.ts';
import { referenceRules } from './object-source.ts';

/** Judges a VirtualMachineSnapshot. */
export function validateSnapshot({ object, old, config }: AdmissionRequest<VirtualMachineSnapshot>): Verdict {
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  if (old) return verdictOf(immutableSpecRules(object, old));
  if (!featureGateEnabled(config, 'Snapshot')) {
    return verdictOf([invalid('spec', 'snapshots need the feature gate Snapshot in the KubeVirt object')]);
  }
  return verdictOf(referenceRules(object.spec.source, 'spec.source', { VirtualMachine: 'kubevirt.io' }));
}
