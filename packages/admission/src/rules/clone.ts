import type { VirtualMachineClone, VirtualMachineCloneSpec } from '@quickvirt/api';
import { featureGateEnabled } from '@quickvirt/config';
import { invalid, quoted, type Cause } from '../cause.ts';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';
import { macAddressPattern } from './mac-address.ts';
import { referenceRules } from './object-source.ts';

const sources = { VirtualMachine: 'kubevirt.io', VirtualMachineSnapshot: 'snapshot.kubevirt.io' };
const targets = { VirtualMachine: 'kubevirt.io' };
/** KubeVirt's spelling of a reference's fields in this kind. */
const spelling = { kind: 'Kind', apiGroup: 'APIGroup', name: 'Name' };

/** Judges a VirtualMachineClone at CREATE. */
export function validateClone({ object, config }: AdmissionRequest<VirtualMachineClone>): Verdict {
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  if (!featureGateEnabled(config, 'Snapshot')) {
    return verdictOf([invalid('spec', 'clones are made from snapshots and need the feature gate Snapshot')]);
  }
  const { spec } = object;
  return verdictOf([
    ...referenceRules(spec.source, 'spec.Source', sources, spelling),
    ...(spec.target ? referenceRules(spec.target, 'spec.Target', targets, spelling) : []),
    ...sameNameRules(spec),
    ...filterRules(spec.annotationFilters, 'spec.annotations'),
    ...filterRules(spec.labelFilters, 'spec.labels'),
    ...filterRules(spec.template?.annotationFilters, 'spec.template.annotations'),
    ...filterRules(spec.template?.labelFilters, 'spec.template.labels'),
    ...macAddressRules(spec),
  ]);
}

function sameNameRules({ source, target }: VirtualMachineCloneSpec): Cause[] {
  if (!target || source?.kind !== target.kind || source.name !== target.name) return [];
  return [invalid('spec.target.name', `${quoted(target.name)} is the source itself; give the clone another name`)];
}

/** A filter is a key, with `!` before it to leave it out and `*` after it for any ending. */
function filterRules(filters: readonly string[] | undefined, field: string): Cause[] {
  const wrong = (filters ?? []).filter((filter) => filter === '' || !/^!?[^!*]*\*?$/.test(filter));
  if (wrong.length === 0) return [];
  const message = `${wrong.map(quoted).join(', ')}: a filter has "!" at its start and "*" at its end only`;
  return [invalid(field, message)];
}

function macAddressRules({ newMacAddresses }: VirtualMachineCloneSpec): Cause[] {
  return Object.entries(newMacAddresses ?? {})
    .filter(([, address]) => !macAddressPattern.test(address))
    .map(([name, address]) =>
      invalid(`spec.newMacAddresses.${name}`, `${quoted(address)} is no MAC address; write it as 02:00:00:00:00:01`),
    );
}
