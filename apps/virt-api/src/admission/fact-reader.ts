import type { FactQuestion, FactReader } from '@quickvirt/admission';
import { resources } from '@quickvirt/api';
import {
  isNotFound,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  storageClasses,
  type KubeClient,
  type ResourceType,
} from '@quickvirt/kube';

/** Kinds that are not ours and that rules may ask about. What they ask must be in virt-api's rights too. */
const FOREIGN: readonly ResourceType[] = [
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  storageClasses,
  { group: 'apps', version: 'v1', plural: 'controllerrevisions', kind: 'ControllerRevision', namespaced: true },
  { group: 'cdi.kubevirt.io', version: 'v1beta1', plural: 'datavolumes', kind: 'DataVolume', namespaced: true },
  { group: 'cdi.kubevirt.io', version: 'v1beta1', plural: 'datasources', kind: 'DataSource', namespaced: true },
];

const typeByName = new Map(
  [...FOREIGN, ...(resources as readonly ResourceType[])].map((type) => [`${type.plural}.${type.group}`, type]),
);

/**
 * Reads what a rule asks of other objects, newest state, from the API server.
 * @throws what the client throws, so that a webhook that cannot know does not guess.
 */
export function factReader(client: Pick<KubeClient, 'get' | 'list'>): FactReader {
  return async (question) => {
    const { namespace } = question;
    const type = typeOf(question);
    if ('name' in question) {
      return client.get(type, { namespace, name: question.name }).catch((error: unknown) => {
        if (isNotFound(error)) return null;
        throw error;
      });
    }
    const labelSelector = Object.entries(question.labels ?? {})
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    const { items } = await client.list(type, { namespace, ...(labelSelector && { labelSelector }) });
    return items;
  };
}

function typeOf({ group, resource }: FactQuestion): ResourceType {
  const type = typeByName.get(`${resource}.${group}`);
  if (!type) throw new TypeError(`no rule may ask about ${resource}.${group}: add it here and to virt-api's rights`);
  return type;
}
