import type { VirtualMachineInstancetype, VirtualMachinePreference } from '@quickvirt/api';
import { invalid, oneOf, type Cause } from '../cause.ts';
import { ratchet } from '../ratchet.ts';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';

/** Each old word and the one that stands for it. */
const deprecatedTopologies: Readonly<Record<string, string>> = {
  preferSockets: 'sockets',
  preferCores: 'cores',
  preferThreads: 'threads',
  preferSpread: 'spread',
  preferAny: 'any',
};
const topologies = Object.values(deprecatedTopologies);
const spreadAcross = ['SocketsCoresThreads', 'SocketsCores', 'CoresThreads'];

/** Judges a VirtualMachineInstancetype or VirtualMachineClusterInstancetype. */
export function validateInstancetype({ object, old }: AdmissionRequest<VirtualMachineInstancetype>): Verdict {
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  return verdictOf(old ? ratchet(instancetypeCauses(object), instancetypeCauses(old)) : instancetypeCauses(object));
}

function instancetypeCauses({ spec }: VirtualMachineInstancetype): Cause[] {
  const { overcommitPercent, hugepages } = spec.memory ?? {};
  if (!overcommitPercent) return [];
  const field = 'spec.memory.overcommitPercent';
  if (overcommitPercent < 0 || overcommitPercent > 100) {
    return [invalid(field, `a share of 0 to 100 percent, not ${overcommitPercent}`)];
  }
  return hugepages ? [invalid(field, 'huge pages are reserved in full; leave overcommitPercent out')] : [];
}

/** Judges a VirtualMachinePreference or VirtualMachineClusterPreference. */
export function validatePreference({ object, old }: AdmissionRequest<VirtualMachinePreference>): Verdict {
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  const causes = preferenceCauses(object);
  return verdictOf(old ? ratchet(causes, preferenceCauses(old)) : causes, preferenceWarnings(object));
}

function preferenceCauses({ spec }: VirtualMachinePreference): Cause[] {
  const { preferredCPUTopology: topology, spreadOptions } = spec?.cpu ?? {};
  const causes: Cause[] = [];
  if (topology && !topologies.includes(topology) && !Object.hasOwn(deprecatedTopologies, topology)) {
    causes.push(invalid('spec.cpu.preferredCPUTopology', `topology ${oneOf(topology, topologies)}`));
  }
  if (spreadOptions?.across && !spreadAcross.includes(spreadOptions.across)) {
    causes.push(invalid('spec.cpu.spreadOptions.across', oneOf(spreadOptions.across, spreadAcross)));
  }
  if (spreadOptions?.across === 'CoresThreads' && spreadOptions.ratio !== undefined && spreadOptions.ratio !== 2) {
    causes.push(invalid('spec.cpu.spreadOptions.ratio', `a core has 2 threads here, not ${spreadOptions.ratio}`));
  }
  return causes;
}

function preferenceWarnings({ spec }: VirtualMachinePreference): string[] {
  const old: readonly [string, boolean, string][] = [
    [
      'spec.preferSpreadSocketToCoreRatio',
      spec?.preferSpreadSocketToCoreRatio !== undefined,
      'spec.cpu.spreadOptions.ratio',
    ],
    ['spec.firmware.preferredUseEfi', spec?.firmware?.preferredUseEfi !== undefined, 'spec.firmware.preferredEfi'],
    [
      'spec.firmware.preferredUseSecureBoot',
      spec?.firmware?.preferredUseSecureBoot !== undefined,
      'spec.firmware.preferredEfi.secureBoot',
    ],
  ];
  const topology = spec?.cpu?.preferredCPUTopology ?? '';
  const instead = Object.hasOwn(deprecatedTopologies, topology) ? deprecatedTopologies[topology] : undefined;
  const fields = [
    ...(instead ? [`spec.cpu.preferredCPUTopology ${topology}: use ${instead}`] : []),
    ...old.filter(([, set]) => set).map(([field, , newer]) => `${field}: use ${newer}`),
  ];
  return fields.length > 0 ? [`deprecated: ${fields.join('; ')}`] : [];
}
