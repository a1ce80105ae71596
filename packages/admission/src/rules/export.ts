import type { VirtualMachineExport } from '@quickvirt/api';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';
import { immutableSpecRules } from './immutable-spec.ts';
import { referenceRules } from './object-source.ts';

const sources = {
  PersistentVolumeClaim: '',
  VirtualMachine: 'kubevirt.io',
  VirtualMachineSnapshot: 'snapshot.kubevirt.io',
  VirtualMachineBackup: 'backup.kubevirt.io',
};

/** Judges a VirtualMachineExport. */
export function validateExport({ object, old }: AdmissionRequest<VirtualMachineExport>): Verdict {
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  if (old) return verdictOf(immutableSpecRules(object, old));
  // KubeVirt spells the group in capitals here.
  const spelling = { kind: 'kind', apiGroup: 'APIGroup', name: 'name' };
  return verdictOf(referenceRules(object.spec.source, 'spec.source', sources, spelling));
}
