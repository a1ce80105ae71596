import type { VirtualMachineInstance } from '@quickvirt/api';
import {
  controller,
  isNotFound,
  keyOf,
  nodes,
  type ApiClient,
  type Controller,
  type ControllerOptions,
  type Decision,
  type Node,
  type Pod,
  type StoreChange,
} from '@quickvirt/kube';
import type { Informers } from '../../informers.ts';
import { Heartbeats, nodeOfHeartbeat } from './heartbeats.ts';
import { judgeNode, type NodeFacts, type NodeLife } from './node-life.ts';

/** What the node controller works with. */
export interface NodeControllerPorts {
  readonly client: ApiClient;
  readonly informers: Pick<Informers, 'nodes' | 'heartbeats' | 'pods' | 'vmis'>;
  /** Namespace of the virt-handlers' Leases. */
  readonly namespace: string;
  readonly lives: NodeLives;
}

/** What is believed of each node; a node is alive until it was judged otherwise. */
export class NodeLives {
  readonly #notAlive = new Map<string, NodeLife>();
  readonly #listeners = new Set<(nodeName: string) => void>();

  /** How many nodes with guests are believed to be in this state. */
  count(state: Exclude<NodeLife['state'], 'alive'>): number {
    return [...this.#notAlive.values()].filter((life) => life.state === state).length;
  }

  of(nodeName: string): NodeLife {
    return this.#notAlive.get(nodeName) ?? { state: 'alive' };
  }

  /** Calls `listener` with the node's name at each change of what is believed of it. */
  subscribe(listener: (nodeName: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  set(nodeName: string, life: NodeLife): void {
    if (life.state === 'alive') this.#notAlive.delete(nodeName);
    else this.#notAlive.set(nodeName, life);
    for (const listener of this.#listeners) listener(nodeName);
  }
}

/** A node and what was believed of it before. */
export interface NodeObserved extends NodeFacts {
  readonly believed: NodeLife;
  /** Whether any guest is on it. */
  readonly inUse: boolean;
}

/** Lets the guests of a node be judged anew. */
export interface NodeEffect {
  readonly type: 'setLife';
  readonly nodeName: string;
  readonly life: NodeLife;
}

/** Decides what to believe of one node. The time that a Lease needs to run out is the only thing waited for. */
export function decideNode(observed: NodeObserved): Decision<NodeEffect> {
  const { nodeName, believed, node, inUse } = observed;
  // A name that is free again may become another node's, which must not inherit a verdict.
  const { life, recheckInMs } = node || inUse ? judgeNode(observed) : FREE;
  const same = life.state === believed.state && messageOf(life) === messageOf(believed);
  return {
    effects: same ? [] : [{ type: 'setLife', nodeName, life }],
    ...(recheckInMs === undefined ? {} : { requeueAfterMs: recheckInMs }),
  };
}

const FREE: ReturnType<typeof judgeNode> = { life: { state: 'alive' } };

function messageOf(life: NodeLife): string {
  return life.state === 'alive' ? '' : life.message;
}

/** Keeps in memory what is believed of each node that guests are on. Writes nothing. */
export function nodeController(ports: NodeControllerPorts, options: ControllerOptions): Controller {
  const { nodes: cache, heartbeats: leases, pods, vmis } = ports.informers;
  const heartbeats = new Heartbeats(leases, ports.namespace, options.clock);
  return (
    controller('node', options)
      .for(cache)
      // A renewal tells nothing new but of a node that is not known to be well: all others renew all the time.
      .watches(
        leases,
        (lease) => [nodeOfHeartbeat(lease)],
        ({ object }) => ports.lives.of(nodeOfHeartbeat(object)).state !== 'alive',
      )
      // Guests of nodes that are gone already when we start.
      .watches(pods, podNode, movesBetweenNodes(podNode))
      .watches(vmis, vmiNode, movesBetweenNodes(vmiNode))
      .reconciles(
        {
          name: 'node',
          observe: async (nodeName) => ({
            nodeName,
            node: await currentNode(nodeName, ports),
            heartbeatAgeMs: heartbeats.ageMs(nodeName),
            believed: ports.lives.of(nodeName),
            inUse: isInUse(nodeName, ports.informers),
          }),
          decide: decideNode,
        },
        async ({ nodeName, life }, { logger }) => {
          logger.warn('what is believed of a node changes', { nodeName, ...life });
          ports.lives.set(nodeName, life);
        },
      )
  );
}

function podNode({ spec }: Pod): string[] {
  return spec?.nodeName ? [spec.nodeName] : [];
}

function vmiNode({ status }: VirtualMachineInstance): string[] {
  return status?.nodeName ? [status.nodeName] : [];
}

/** Whether the change puts an object on a node, or takes it off. */
function movesBetweenNodes<T>(nodeOf: (object: T) => string[]): (change: StoreChange<T>) => boolean {
  return (change) =>
    change.type === 'deleted' ||
    change.previous === undefined ||
    nodeOf(change.object)[0] !== nodeOf(change.previous)[0];
}

/** A cache can lag behind a node that just came: only the API server's word is a proof that there is none. */
async function currentNode(nodeName: string, { client, informers }: NodeControllerPorts): Promise<Node | undefined> {
  const cached = informers.nodes.store.get(nodeName);
  if (cached || !isInUse(nodeName, informers)) return cached;
  try {
    return await client.get(nodes, { name: nodeName });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function isInUse(nodeName: string, { pods, vmis }: NodeControllerPorts['informers']): boolean {
  return pods.store.byIndex(BY_NODE, nodeName).length > 0 || vmis.store.byIndex(BY_NODE, nodeName).length > 0;
}

/** Index of launcher pods and of instances: the node they are on. */
const BY_NODE = 'node';
/** Index functions of {@link BY_NODE}. */
export const byNode = { pods: { [BY_NODE]: podNode }, vmis: { [BY_NODE]: vmiNode } };

/** Keys of the instances that a node's life concerns: those handed over to it, and those whose pod is on it. */
export function instancesOn(nodeName: string, { pods, vmis }: Pick<Informers, 'pods' | 'vmis'>): string[] {
  const handedOver = vmis.store.byIndex(BY_NODE, nodeName).map(keyOf);
  const starting = pods.store.byIndex(BY_NODE, nodeName).flatMap(({ metadata }) => {
    const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'VirtualMachineInstance');
    return owner ? [`${metadata.namespace}/${owner.name}`] : [];
  });
  return [...new Set([...handedOver, ...starting])];
}
