import type { VirtualMachineInstancePreset } from '@quickvirt/api';
import { required, type Cause } from '../cause.ts';
import { ratchet } from '../ratchet.ts';
import { verdictOf, type AdmissionRequest, type Verdict } from '../request.ts';
import { specRules } from './vmi-spec.ts';
import { memoryRules } from './memory.ts';

/** A preset is a part of a domain: how much memory there is in all is not its business. */
const presetRules = specRules.filter((rule) => rule !== memoryRules);

/** Judges a VirtualMachineInstancePreset. */
export function validatePreset(request: AdmissionRequest<VirtualMachineInstancePreset>): Verdict {
  const { object, old, config } = request;
  if (object.metadata.deletionTimestamp) return verdictOf([]);
  const causesOf = ({ spec }: VirtualMachineInstancePreset): Cause[] => {
    if (!spec?.domain) return [required('spec.domain', 'a preset needs a domain to give to what it selects')];
    const domain = { ...spec.domain, devices: spec.domain.devices ?? {} };
    const context = { config, annotations: {}, defaulted: false };
    return presetRules.flatMap((rule) => rule({ domain }, 'spec', context));
  };
  const deprecated = 'VirtualMachineInstancePreset is deprecated; use instance types and preferences.';
  return verdictOf(old ? ratchet(causesOf(object), causesOf(old)) : causesOf(object), [deprecated]);
}
