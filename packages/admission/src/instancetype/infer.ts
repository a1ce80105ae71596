import { labels, type InstancetypeMatcher, type PreferenceMatcher, type VirtualMachine } from '@quickvirt/api';
import type { ClusterFacts } from '../facts.ts';

interface Labelled {
  metadata?: { labels?: Record<string, string> };
}

interface DataVolumeLike extends Labelled {
  spec?: {
    source?: { pvc?: { namespace?: string; name?: string } };
    sourceRef?: { kind?: string; namespace?: string; name?: string };
  };
}

interface DataSource extends Labelled {
  spec?: { source?: { pvc?: { namespace?: string; name?: string } } };
}

/** What a volume says of the guest on it; null when it says nothing, undefined when that is not known. */
type Inferred = { name: string; kind?: string } | null | undefined;

const instancetypeLabels = { name: labels.defaultInstancetype, kind: labels.defaultInstancetypeKind };
const preferenceLabels = { name: labels.defaultPreference, kind: labels.defaultPreferenceKind };

/**
 * The VM with the instance type and preference that its volume's labels name in place of `inferFromVolume`. Where they
 * name none, policy `Ignore` takes the matcher off and anything else leaves it, for a rule to refuse.
 */
export function withInferredMatchers(vm: VirtualMachine, facts: ClusterFacts): VirtualMachine {
  const instancetype = resolved(vm.spec.instancetype, vm, facts, instancetypeLabels);
  const preference = resolved(vm.spec.preference, vm, facts, preferenceLabels);
  if (instancetype === vm.spec.instancetype && preference === vm.spec.preference) return vm;
  const { instancetype: _i, preference: _p, ...spec } = vm.spec;
  return { ...vm, spec: { ...spec, ...(instancetype && { instancetype }), ...(preference && { preference }) } };
}

function resolved<T extends InstancetypeMatcher | PreferenceMatcher>(
  matcher: T | undefined,
  vm: VirtualMachine,
  facts: ClusterFacts,
  keys: { name: string; kind: string },
): T | undefined {
  if (!matcher?.inferFromVolume || matcher.name || matcher.kind) return matcher;
  const { inferFromVolume, inferFromVolumeFailurePolicy, ...rest } = matcher;
  const inferred = inferFrom(inferFromVolume, vm, facts, keys);
  if (inferred) return { ...rest, ...inferred } as T;
  return inferred === null && inferFromVolumeFailurePolicy === 'Ignore' ? undefined : matcher;
}

function inferFrom(
  volumeName: string,
  vm: VirtualMachine,
  facts: ClusterFacts,
  keys: { name: string; kind: string },
): Inferred {
  const volume = vm.spec.template.spec?.volumes?.find(({ name }) => name === volumeName);
  const namespace = vm.metadata.namespace ?? 'default';
  const claim = volume?.persistentVolumeClaim?.claimName;
  if (claim) return namedBy(claimOf(claim, namespace, facts), keys);
  const dataVolume = volume?.dataVolume?.name;
  if (!dataVolume) return null;
  const template = vm.spec.dataVolumeTemplates?.find((one) => one?.metadata?.name === dataVolume);
  const object =
    (template as DataVolumeLike | undefined) ??
    facts.get<DataVolumeLike>({ group: 'cdi.kubevirt.io', resource: 'datavolumes', namespace, name: dataVolume });
  if (!object) return object === null ? namedBy(claimOf(dataVolume, namespace, facts), keys) : undefined;
  return namedBy(object, keys) ?? inferFromSource(object, namespace, facts, keys);
}

function inferFromSource(
  { spec }: DataVolumeLike,
  namespace: string,
  facts: ClusterFacts,
  keys: { name: string; kind: string },
): Inferred {
  const { source, sourceRef } = spec ?? {};
  if (source?.pvc?.name) return namedBy(claimOf(source.pvc.name, source.pvc.namespace ?? namespace, facts), keys);
  if (!sourceRef?.name) return null;
  const dataSource = dataSourceOf(sourceRef, namespace, facts);
  const named = namedBy(dataSource, keys);
  const pvc = dataSource?.spec?.source?.pvc;
  return named === null && pvc?.name ? namedBy(claimOf(pvc.name, pvc.namespace ?? namespace, facts), keys) : named;
}

function claimOf(name: string, namespace: string, facts: ClusterFacts): Labelled | null | undefined {
  return facts.get<Labelled>({ group: '', resource: 'persistentvolumeclaims', namespace, name });
}

function dataSourceOf(
  { name = '', namespace }: { name?: string; namespace?: string },
  vmNamespace: string,
  facts: ClusterFacts,
): DataSource | null | undefined {
  return facts.get<DataSource>({
    group: 'cdi.kubevirt.io',
    resource: 'datasources',
    namespace: namespace ?? vmNamespace,
    name,
  });
}

function namedBy(object: Labelled | null | undefined, keys: { name: string; kind: string }): Inferred {
  if (!object) return object;
  const name = object.metadata?.labels?.[keys.name];
  const kind = object.metadata?.labels?.[keys.kind];
  return name ? { name, ...(kind && { kind }) } : null;
}

/** Says the architecture of an image, as publishers of images label their DataSources. */
const architectureLabel = 'template.kubevirt.io/architecture';

/** The architecture that the image of the VM's first templated disk was made for, where its DataSource says so. */
export function architectureOfImage(vm: VirtualMachine, facts: ClusterFacts): string | undefined {
  const namespace = vm.metadata.namespace ?? 'default';
  for (const template of vm.spec.dataVolumeTemplates ?? []) {
    const spec = template?.spec;
    if (spec?.sourceRef?.kind !== 'DataSource') continue;
    const labelled = dataSourceOf(spec.sourceRef, namespace, facts)?.metadata?.labels?.[architectureLabel];
    if (labelled) return labelled;
  }
  return undefined;
}
