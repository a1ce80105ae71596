import {
  annotations,
  type Input,
  type VirtualMachine,
  type VirtualMachineInstanceSpec,
  type VirtualMachineInstancetypeSpec,
  type VirtualMachinePreferenceSpec,
} from '@quickvirt/api';
import { applyInstancetype } from './apply-instancetype.ts';
import { applyPreference } from './apply-preference.ts';
import type { Conflict } from './conflict.ts';

/** What a VM refers to, as it was found. */
export interface Referenced {
  instancetype?: VirtualMachineInstancetypeSpec;
  preference?: VirtualMachinePreferenceSpec;
}

/** A VM whose template is complete, or the fields by which it contradicts its instance type. */
export type Expanded = { vm: VirtualMachine } | { conflicts: Conflict[] };

/**
 * Writes a VM's instance type and preference into its template. Names and kinds of what was used are kept as
 * annotations of the template, where metrics and users find them.
 */
export function expandVm(vm: VirtualMachine, { instancetype, preference }: Referenced): Expanded {
  const { template } = vm.spec;
  let spec = template.spec;
  if (spec === undefined) return { vm };
  if (instancetype !== undefined) {
    const applied = applyInstancetype(spec, instancetype, preference);
    if ('conflicts' in applied) return applied;
    spec = applied.spec;
  }
  if (preference !== undefined) spec = applyPreference(spec, preference);
  spec = withInputDevice(spec);
  const own = template.metadata?.annotations ?? {};
  const conflicts = Object.entries(instancetype?.annotations ?? {}).filter(
    ([key, value]) => own[key] !== undefined && own[key] !== value,
  );
  if (conflicts.length > 0) return { conflicts: conflicts.map(([key]) => ({ field: `annotations.${key}` })) };
  const marked = { ...preference?.annotations, ...instancetype?.annotations, ...own, ...marksOf(vm) };
  const metadata = Object.keys(marked).length === 0 ? template.metadata : { ...template.metadata, annotations: marked };
  return { vm: { ...vm, spec: { ...vm.spec, template: { ...template, ...(metadata ? { metadata } : {}), spec } } } };
}

/** `autoattachInputDevice` is a wish of the VM; its instances have the device itself. */
function withInputDevice(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  const { devices } = spec.domain;
  if (devices.autoattachInputDevice !== true || (devices.inputs ?? []).length > 0) return spec;
  const inputs: Input[] = [{ name: 'default-0', type: 'tablet', bus: 'usb' }];
  return { ...spec, domain: { ...spec.domain, devices: { ...devices, inputs } } };
}

/** A matcher without a kind means the cluster-wide one. */
function marksOf({ spec: { instancetype, preference } }: VirtualMachine): Record<string, string> {
  const isNamespaced = (kind: string | undefined, word: string) => kind?.toLowerCase() === `virtualmachine${word}`;
  return {
    ...(instancetype?.name
      ? {
          [isNamespaced(instancetype.kind, 'instancetype')
            ? annotations.instancetypeName
            : annotations.clusterInstancetypeName]: instancetype.name,
        }
      : {}),
    ...(preference?.name
      ? {
          [isNamespaced(preference.kind, 'preference')
            ? annotations.preferenceName
            : annotations.clusterPreferenceName]: preference.name,
        }
      : {}),
  };
}
