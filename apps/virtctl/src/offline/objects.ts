import { factsOfObjects, uuidV5, type ClusterFacts, type FreshIdentity } from '@quickvirt/admission';
import { resources, type Resource, type VirtualMachineInstance } from '@quickvirt/api';
import type { Manifest, ManifestObject } from './manifests.ts';

/** Groups of the API. */
const groups = new Set(resources.map(({ group }) => group));

/** The group and version of an object. */
export function groupVersionOf({ apiVersion }: ManifestObject): { group: string; version: string } {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** Whether an object claims to be of the API: its kind may still be unknown. */
export const isOfApi = (object: ManifestObject): boolean => groups.has(groupVersionOf(object).group);

/** The kind of the API that an object is of. */
export function resourceOf(object: ManifestObject): Resource | undefined {
  const { group } = groupVersionOf(object);
  return resources.find((resource) => resource.kind === object.kind && resource.group === group);
}

/** Objects that live in a namespace get the given one where they name none, as kubectl would send them. */
export function withNamespace(manifests: readonly Manifest[], namespace: string): Manifest[] {
  return manifests.map(({ source, object }) => {
    const isClusterWide = resourceOf(object)?.namespaced === false || object.metadata.namespace !== undefined;
    return { source, object: isClusterWide ? object : { ...object, metadata: { ...object.metadata, namespace } } };
  });
}

/** What the other objects of the files say. What is not among them may still be in the cluster, so it is not known. */
export function factsOf(manifests: readonly Manifest[]): ClusterFacts {
  const objects = manifests.map(({ object }) => object);
  const pluralOf = (kind: string): string =>
    resources.find((resource) => resource.kind === kind)?.plural ?? `${kind.toLowerCase()}s`;
  const open = factsOfObjects(objects, pluralOf, false);
  const closed = factsOfObjects(objects, pluralOf, true);
  return { get: (ref) => open.get(ref), list: (ref) => closed.list(ref) };
}

/** Name space of the UUIDs that stand in for random ones. */
const STAND_IN_NAMESPACE = '8c5b4f2e-6a55-4d0e-9d0b-2c4f0f1f3a61';

/** In place of the cluster's random UUIDs: the same for the same name each time, so that two outputs can be compared. */
function standInUuid(what: string, { namespace = '', name = '' }: { namespace?: string; name?: string }): string {
  return uuidV5(STAND_IN_NAMESPACE, `${what}/${namespace}/${name}`);
}

/** The identity that admission would give at random. */
export function standInIdentity({ metadata }: ManifestObject): FreshIdentity {
  return { uuid: standInUuid('uuid', metadata), serial: standInUuid('serial', metadata) };
}

/** The instance with a uid: the cluster gives one, and the pod's name depends on it. */
export function withStandInUid(vmi: VirtualMachineInstance): VirtualMachineInstance {
  const uid = vmi.metadata.uid ?? standInUuid('uid', vmi.metadata);
  return { ...vmi, metadata: { ...vmi.metadata, uid } };
}

/** Runs a rendering; what it throws names the object, whose field it names already. */
export function forObject<T>({ metadata }: VirtualMachineInstance, render: () => T): T {
  try {
    return render();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(`${metadata.namespace}/${metadata.name}: ${detail}`, { cause: error });
  }
}
