import {
  matchesSelector,
  type DomainSpec,
  type VirtualMachineInstance,
  type VirtualMachineInstancePreset,
} from '@quickvirt/api';
import { isDeepEqual } from '../deep-equal.ts';
import type { ClusterFacts } from '../facts.ts';

/** Says on an instance which presets went into it. */
const mark = 'virtualmachinepreset.kubevirt.io/';
/** Opts out of presets. */
const exclusion = 'virtualmachinepresets.admission.kubevirt.io/exclude';

/** What a preset gives; the rest of its domain is not looked at, as in KubeVirt. */
const givenFields = [
  'cpu',
  'firmware',
  'clock',
  'features',
  'memory',
  'ioThreadsPolicy',
] as const satisfies readonly (keyof DomainSpec)[];

/** The instance with what the presets say that select it by its labels. What it says itself stays. */
export function withPresets(vmi: VirtualMachineInstance, facts: ClusterFacts): VirtualMachineInstance {
  if (vmi.metadata.annotations?.[exclusion] === 'true' || !vmi.metadata.labels) return vmi;
  const presets = facts.list<VirtualMachineInstancePreset>({
    group: 'kubevirt.io',
    resource: 'virtualmachineinstancepresets',
    namespace: vmi.metadata.namespace ?? 'default',
  });
  const selecting = (presets ?? [])
    .filter(({ spec }) => spec?.domain && matchesSelector(spec.selector, vmi.metadata.labels ?? {}))
    .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  return selecting.reduce(withPreset, vmi);
}

function withPreset(
  vmi: VirtualMachineInstance,
  { metadata, spec }: VirtualMachineInstancePreset,
): VirtualMachineInstance {
  const own = vmi.spec.domain;
  const given: Partial<DomainSpec> = {};
  for (const field of givenFields) {
    const value = spec?.domain?.[field];
    if (value === undefined || isDeepEqual(own[field], value)) continue;
    if (own[field] === undefined) Object.assign(given, { [field]: value });
  }
  if (Object.keys(given).length === 0) return vmi;
  const annotations = { ...vmi.metadata.annotations, [`${mark}${metadata.name ?? ''}`]: 'kubevirt.io/v1' };
  return {
    ...vmi,
    metadata: { ...vmi.metadata, annotations },
    spec: { ...vmi.spec, domain: { ...own, ...given } },
  };
}
