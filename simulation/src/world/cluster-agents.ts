import { virtualMachineInstances } from '@quickvirt/api';
import { keyOf, nameOfKey, nodes, pods, type KubeObject, type Pod, type ResourceType } from '@quickvirt/kube';
import type { Change } from '../../../packages/kube/src/testing/memory-api/memory-api.ts';
import type { Owner } from './agenda.ts';
import type { World } from './world.ts';

/** What Kubernetes' own controllers do, as far as our objects need them: they work, each in its own time. */
export class ClusterAgents implements Owner {
  readonly name = 'kubernetes';
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    world.api.subscribe((change) => {
      if (change.type.kind === 'Pod') this.#schedule(change.object as Pod, change.removed);
      this.#collect(change);
    });
  }

  /**
   * What Kubernetes does about a node that is silent: it says so after 40 s, asks its pods to end after 300 s more, and
   * takes away those of a node that is deleted or declared out of service. Source: kube-controller-manager's
   * node-lifecycle, taint-eviction and pod-garbage-collector controllers.
   */
  nodeWentSilent(nodeName: string): void {
    const { agenda, api } = this.#world;
    const isAway = () => !this.#world.node(nodeName).isConnected;
    agenda.after(this, `${nodeName} is found silent`, 40_000, () => {
      if (!isAway() || !api.find(nodes, { name: nodeName })) return;
      const status = { conditions: [{ type: 'Ready', status: 'Unknown' }] };
      api.patch(nodes, { name: nodeName }, { status }, { kind: 'strategic', subresource: 'status' });
    });
    agenda.after(this, `pods of ${nodeName} are evicted`, 340_000, () => {
      if (isAway()) this.#deletePodsOf(nodeName, undefined);
    });
  }

  /** A person, or a fencing agent, says that a node is off. */
  proveOff(nodeName: string, how: 'taint' | 'delete'): void {
    const { agenda, api } = this.#world;
    if (!api.find(nodes, { name: nodeName })) return;
    const taint = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' };
    if (how === 'delete') api.delete(nodes, { name: nodeName });
    else api.patch(nodes, { name: nodeName }, { spec: { taints: [taint] } }, { kind: 'merge' });
    agenda.after(this, `pods of ${nodeName} are collected`, this.#world.random.between(1_000, 60_000), () => {
      if (!this.#world.node(nodeName).isPowered) this.#deletePodsOf(nodeName, 0);
    });
  }

  #deletePodsOf(nodeName: string, gracePeriodSeconds: number | undefined): void {
    const { api } = this.#world;
    for (const { metadata } of api.list(pods, { fieldSelector: `spec.nodeName=${nodeName}` })) {
      const { name = '', namespace, uid } = metadata;
      api.delete(pods, { name, namespace }, { uid, ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }) });
    }
  }

  /** kube-scheduler: a pod gets a node. */
  #schedule(pod: Pod, removed: boolean): void {
    if (removed || pod.spec?.nodeName || pod.metadata.deletionTimestamp) return;
    const { uid } = pod.metadata;
    this.#world.agenda.add(this, `scheduler binds ${keyOf(pod)}`, () => {
      const ref = nameOfKey(keyOf(pod));
      const current = this.#world.api.find(pods, ref);
      if (current?.metadata.uid !== uid || current?.spec?.nodeName || current?.metadata.deletionTimestamp) return;
      const nodeName = this.#world.nodeForPod();
      if (nodeName === undefined) {
        this.#world.agenda.after(this, 'scheduler waits for a node', 5_000, () => this.#schedule(pod, false));
        return;
      }
      this.#world.api.patch(pods, ref, { spec: { nodeName } }, { kind: 'merge' });
      const status = { conditions: [{ type: 'PodScheduled', status: 'True' }] };
      this.#world.api.patch(pods, ref, { status }, { kind: 'strategic', subresource: 'status' });
    });
  }

  /** The garbage collector: what was owned by an object that is gone goes, too. */
  #collect({ type, object, removed }: Change): void {
    if (removed) {
      if (type.kind !== 'Pod') this.#soonCollect(object.metadata.uid ?? '');
    } else {
      for (const { uid } of object.metadata.ownerReferences ?? []) {
        if (!this.#world.lives(uid)) this.#soonCollect(uid);
      }
    }
  }

  #soonCollect(ownerUid: string): void {
    this.#world.agenda.add(this, 'garbage collector', () => {
      if (this.#world.lives(ownerUid)) return;
      for (const type of [virtualMachineInstances, pods] as ResourceType[]) {
        for (const dependent of this.#world.api.list(type)) {
          if (isOwnedBy(dependent, ownerUid) && !dependent.metadata.deletionTimestamp)
            this.#world.api.delete(type, nameOfKey(keyOf(dependent)), { uid: dependent.metadata.uid });
        }
      }
    });
  }
}

function isOwnedBy(object: KubeObject, uid: string): boolean {
  return object.metadata.ownerReferences?.some((reference) => reference.uid === uid) ?? false;
}
