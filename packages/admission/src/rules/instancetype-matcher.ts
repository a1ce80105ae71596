import {
  compareQuantities,
  type InstancetypeMatcher,
  type PreferenceMatcher,
  type VirtualMachine,
  type VirtualMachineInstanceSpec,
  type VirtualMachineInstancetypeSpec,
  type VirtualMachinePreferenceSpec,
} from '@quickvirt/api';
import { expandVm } from '@quickvirt/instancetype';
import { invalid, notFound, notSupported, oneOf, quoted, type Cause } from '../cause.ts';
import type { ClusterFacts } from '../facts.ts';
import {
  findInstancetype,
  findPreference,
  instancetypeKindNames,
  preferenceKindNames,
} from '../instancetype/lookup.ts';

/** What an instance type and a preference make of a VM's template, for the rules. */
export interface ExpandedTemplate {
  causes: Cause[];
  /** The template's spec with the sizes of its instance type. */
  spec: VirtualMachineInstanceSpec | undefined;
  /** An instance type is named and its sizes are not known here. */
  sizeUnknown: boolean;
}

/** Looks the instance type and preference of a VM up, and says what is wrong with them or with both together. */
export function expandTemplate(vm: VirtualMachine, facts: ClusterFacts): ExpandedTemplate {
  const { metadata, spec } = vm;
  const namespace = metadata.namespace ?? 'default';
  const { instancetype: matcher, preference: preferred, template } = spec;
  const causes = [
    ...matcherCauses(matcher, 'spec.instancetype', instancetypeKindNames),
    ...matcherCauses(preferred, 'spec.preference', preferenceKindNames),
  ];
  const usable = causes.length === 0;
  const instancetype = matcher && usable ? findInstancetype(matcher, namespace, facts) : undefined;
  const preference = preferred && usable ? findPreference(preferred, namespace, facts) : undefined;
  if (instancetype === null) causes.push(missing('spec.instancetype', matcher, 'instance type'));
  if (preference === null) causes.push(missing('spec.preference', preferred, 'preference'));
  const sizeUnknown = matcher !== undefined && !instancetype;
  if (!template.spec?.domain?.devices) return { causes, spec: undefined, sizeUnknown };
  const found = { ...(instancetype && { instancetype }), ...(preference && { preference }) };
  const expanded = expandVm(vm, found);
  if ('conflicts' in expanded) {
    const message = `the instance type ${quoted(matcher?.name)} says this already; leave it out of the VM`;
    const conflicts = expanded.conflicts.map(({ field }) => invalid(pathOf(field), message));
    return { causes: [...causes, ...conflicts], spec: template.spec, sizeUnknown: true };
  }
  const whole = expanded.vm.spec.template.spec;
  if (preference && whole && !sizeUnknown) {
    causes.push(...requirementCauses(preference, whole, instancetype ?? undefined));
  }
  return { causes, spec: whole, sizeUnknown };
}

/** Annotations are the template's own; everything else is below its spec. */
function pathOf(field: string): string {
  return field.startsWith('annotations.') ? field : `spec.template.spec.${field}`;
}

function matcherCauses(
  matcher: InstancetypeMatcher | PreferenceMatcher | undefined,
  field: string,
  kinds: readonly string[],
): Cause[] {
  if (!matcher) return [];
  const { name, kind, inferFromVolume } = matcher;
  if (inferFromVolume) {
    const both = [
      ...(name ? [notSupported(`${field}.name`, `a name and inferFromVolume exclude each other; drop one`)] : []),
      ...(kind ? [notSupported(`${field}.kind`, `a kind goes with a name; inferFromVolume finds its own`)] : []),
    ];
    if (both.length > 0) return both;
    const what = `no labels on volume ${quoted(inferFromVolume)} say one; write a name, or label its PersistentVolumeClaim`;
    return [notFound(`${field}.inferFromVolume`, what)];
  }
  if (!name) return [notFound(field, 'either name or inferFromVolume is needed')];
  const known = kinds.flatMap((one) => [one.toLowerCase(), `${one.toLowerCase()}s`]);
  if (kind && !known.includes(kind.toLowerCase())) return [invalid(`${field}.kind`, `kind ${oneOf(kind, kinds)}`)];
  return [];
}

function missing(field: string, matcher: InstancetypeMatcher | undefined, what: string): Cause {
  const where = matcher?.revisionName ? `revision ${quoted(matcher.revisionName)}` : quoted(matcher?.name);
  return notFound(field, `there is no ${what} ${where}${matcher?.kind ? ` of kind ${matcher.kind}` : ''}`);
}

/** What a preference says that its guest cannot do without. */
function requirementCauses(
  { requirements, cpu }: VirtualMachinePreferenceSpec,
  spec: VirtualMachineInstanceSpec,
  instancetype: VirtualMachineInstancetypeSpec | undefined,
): Cause[] {
  const causes: Cause[] = [];
  const vcpus = instancetype?.cpu.guest ?? vcpusOf(spec);
  const needed = requirements?.cpu?.guest ?? 0;
  if (vcpus < needed) {
    const field = instancetype ? 'spec.instancetype' : `spec.template.spec.domain.cpu.${countedIn(cpu)}`;
    causes.push(notFound(field, `the preference asks for ${needed} vCPUs, and there are ${vcpus}`));
  }
  const memory = instancetype?.memory.guest ?? spec.domain.memory?.guest;
  const wanted = requirements?.memory?.guest;
  if (wanted !== undefined && (memory === undefined || compareQuantities(memory, wanted) < 0)) {
    const field = instancetype ? 'spec.instancetype' : 'spec.template.spec.domain.memory';
    causes.push(notFound(field, `the preference asks for ${wanted} of memory, and there is ${memory ?? 'none'}`));
  }
  const architecture = requirements?.architecture;
  if (architecture && spec.architecture && architecture !== spec.architecture) {
    const message = `the preference is for ${architecture}, not for ${spec.architecture}`;
    causes.push(notFound('spec.template.spec.architecture', message));
  }
  return causes;
}

function vcpusOf({ domain }: VirtualMachineInstanceSpec): number {
  const { sockets, cores, threads } = domain.cpu ?? {};
  return (sockets || 1) * (cores || 1) * (threads || 1);
}

/** Where a guest of this preference has its CPUs. */
function countedIn(cpu: VirtualMachinePreferenceSpec['cpu']): 'sockets' | 'cores' | 'threads' {
  const topology = cpu?.preferredCPUTopology?.toLowerCase() ?? '';
  return topology.includes('core') ? 'cores' : topology.includes('thread') ? 'threads' : 'sockets';
}
