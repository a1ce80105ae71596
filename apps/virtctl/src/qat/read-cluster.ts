import { virtualMachineInstances } from '@quickvirt/api';
import { ApiError, nodes, pods, type KubeClient, type KubeObject, type ResourceType } from '@quickvirt/kube';
import type { ClusterFacts } from './qat-node.ts';

/** What the cluster says, and what the user may not read of it. */
export interface ReadCluster extends ClusterFacts {
  /** One sentence for each kind that was read in the user's namespace alone. */
  notes: string[];
}

/** Reads nodes, pods and VMIs. Who may not read all pods or VMIs gets those of the namespace. */
export async function readQatCluster(client: KubeClient, namespace: string): Promise<ReadCluster> {
  const notes: string[] = [];
  const readable = async <T extends KubeObject>(type: ResourceType<T>, fieldSelector?: string): Promise<T[]> => {
    try {
      return (await client.list(type, { fieldSelector })).items;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 403) throw error;
      notes.push(
        `You may not list ${type.plural} of all namespaces: those of namespace ${namespace} are counted alone.`,
      );
      return (await client.list(type, { namespace, fieldSelector })).items;
    }
  };
  const [nodeList, podItems, vmis] = await Promise.all([
    client.list(nodes),
    readable(pods, 'status.phase!=Succeeded,status.phase!=Failed,spec.nodeName!='),
    readable(virtualMachineInstances),
  ]);
  return { nodes: nodeList.items, pods: podItems, vmis, notes };
}
