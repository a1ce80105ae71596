import { kubevirts, resources } from '@quickvirt/api';
import {
  isNotFound,
  namespaces,
  nodes,
  persistentVolumeClaims,
  pods,
  type KubeClient,
  type KubeObject,
  type Pod,
  type ResourceType,
} from '@quickvirt/kube';
import type { Manifest, ManifestObject } from '../offline/manifests.ts';
import type { NodeFacts } from './node-fit.ts';

/** Every node with the pods that are bound to it and have not ended. */
export async function readNodes(client: KubeClient): Promise<NodeFacts[]> {
  const [nodeList, podList] = await Promise.all([
    client.list(nodes),
    client.list(pods, { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed,spec.nodeName!=' }),
  ]);
  const byNode = Map.groupBy(podList.items, ({ spec }) => spec?.nodeName ?? '');
  return nodeList.items.map(({ metadata: { name = '', labels = {} }, spec, status }) => ({
    name,
    labels,
    taints: spec?.taints ?? [],
    unschedulable: spec?.unschedulable === true,
    allocatable: status?.allocatable ?? {},
    pods: (byNode.get(name) ?? []).flatMap(({ spec: podSpec }: Pod) => podSpec ?? []),
  }));
}

/**
 * What the cluster says of objects that the files do not hold: its KubeVirt object, the namespaces, the claims of the
 * guests' namespaces, and the instance types and preferences that VMs name.
 */
export async function readSurroundings(client: KubeClient, manifests: readonly Manifest[]): Promise<Manifest[]> {
  const spaces = [...new Set(manifests.flatMap(({ object }) => object.metadata.namespace ?? []))];
  const found = await Promise.all([
    client.list(kubevirts).then(({ items }) => items.map((item) => named(kubevirts, item))),
    ...spaces.map((name) => oneOrNone(client, namespaces, { name })),
    ...spaces.map(async (namespace) => {
      const { items } = await client.list(persistentVolumeClaims, { namespace });
      return items.map((item) => named(persistentVolumeClaims, item));
    }),
    ...manifests.flatMap(({ object }) => matchersOf(object)).map(({ type, ...ref }) => oneOrNone(client, type, ref)),
  ]);
  return found.flat().map((object) => ({ source: 'cluster', object }));
}

/** Items of lists do not say their kind. */
function named<T extends KubeObject>({ group, version, kind }: ResourceType<T>, object: T): ManifestObject {
  return { ...(object as KubeObject), apiVersion: group ? `${group}/${version}` : version, kind } as ManifestObject;
}

async function oneOrNone<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType<T>,
  ref: { name: string; namespace?: string },
): Promise<ManifestObject[]> {
  try {
    return [named(type, await client.get(type, ref))];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

interface Matcher {
  name?: string;
  kind?: string;
}

/** Instance type and preference of a VM; without a kind the cluster-wide one is meant. */
function matchersOf({
  kind,
  metadata,
  spec,
}: ManifestObject): { type: ResourceType; name: string; namespace?: string }[] {
  if (kind !== 'VirtualMachine') return [];
  const { instancetype, preference } = (spec ?? {}) as { instancetype?: Matcher; preference?: Matcher };
  const pairs: [Matcher | undefined, string][] = [
    [instancetype, 'VirtualMachineClusterInstancetype'],
    [preference, 'VirtualMachineClusterPreference'],
  ];
  return pairs.flatMap(([matcher, clusterWide]) => {
    const wanted = (matcher?.kind || clusterWide).toLowerCase();
    const type = resources.find((one) => [one.kind.toLowerCase(), one.plural].includes(wanted));
    if (!matcher?.name || !type) return [];
    return [{ type, name: matcher.name, ...(type.namespaced && { namespace: metadata.namespace }) }];
  });
}
