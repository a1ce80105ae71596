import type {
  InstancetypeMatcher,
  PreferenceMatcher,
  VirtualMachineInstancetypeSpec,
  VirtualMachinePreferenceSpec,
} from '@quickvirt/api';
import type { ClusterFacts } from '../facts.ts';

/** Kinds that a matcher may name, with their plural and whether they live in a namespace; the first is meant when none is named. */
const instancetypeKinds = {
  VirtualMachineClusterInstancetype: { resource: 'virtualmachineclusterinstancetypes', namespaced: false },
  VirtualMachineInstancetype: { resource: 'virtualmachineinstancetypes', namespaced: true },
} as const;
const preferenceKinds = {
  VirtualMachineClusterPreference: { resource: 'virtualmachineclusterpreferences', namespaced: false },
  VirtualMachinePreference: { resource: 'virtualmachinepreferences', namespaced: true },
} as const;

type Kinds = Readonly<Record<string, { resource: string; namespaced: boolean }>>;
type Matcher = InstancetypeMatcher | PreferenceMatcher;

export const instancetypeKindNames = Object.keys(instancetypeKinds);
export const preferenceKindNames = Object.keys(preferenceKinds);

/** The spec that a matcher names; null when there is none, undefined when it is not known. */
export function findInstancetype(
  matcher: InstancetypeMatcher,
  namespace: string,
  facts: ClusterFacts,
): VirtualMachineInstancetypeSpec | null | undefined {
  return findSpec(matcher, namespace, facts, instancetypeKinds);
}

/** The preference that a matcher names; null when there is none, undefined when it is not known. */
export function findPreference(
  matcher: PreferenceMatcher,
  namespace: string,
  facts: ClusterFacts,
): VirtualMachinePreferenceSpec | null | undefined {
  return findSpec(matcher, namespace, facts, preferenceKinds);
}

function findSpec<T>(
  { name, kind, revisionName }: Matcher,
  namespace: string,
  facts: ClusterFacts,
  kinds: Kinds,
): T | null | undefined {
  if (revisionName) {
    const ref = { group: 'apps', resource: 'controllerrevisions', namespace, name: revisionName };
    const revision = facts.get<{ data?: { spec?: T } }>(ref);
    return revision && (revision.data?.spec ?? null);
  }
  const known = kindOf(kind, kinds);
  if (!name || !known) return undefined;
  const group = 'instancetype.kubevirt.io';
  const object = facts.get<{ spec: T }>({
    group,
    resource: known.resource,
    ...(known.namespaced && { namespace }),
    name,
  });
  return object && object.spec;
}

function kindOf(kind: string | undefined, kinds: Kinds): Kinds[string] | undefined {
  if (!kind) return Object.values(kinds)[0];
  const wanted = kind.toLowerCase();
  return Object.entries(kinds).find(([name, { resource }]) => [name.toLowerCase(), resource].includes(wanted))?.[1];
}
