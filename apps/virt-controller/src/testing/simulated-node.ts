import { virtualMachineInstances } from '@quickvirt/api';
import { isConflict, nodes, pods, timestamp, type KubeClient, type Node, type Pod } from '@quickvirt/kube';
import { settle } from '@quickvirt/testing';

/** An object of the namespace that the tests work in. */
export const here = (name: string) => ({ name, namespace: 'default' });

const AT = '2026-01-01T00:00:00Z';
/** The status of the compute container in a state. */
export const container = (state: object) => ({
  name: 'compute',
  image: 'x',
  imageID: 'x',
  ready: false,
  restartCount: 0,
  state,
});
/** The pod has a node. */
export const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: AT };

/** What scheduler, kubelet and virt-handler do for one pod, without any of them. */
export class SimulatedNode {
  readonly #admin: KubeClient;

  constructor(admin: KubeClient) {
    this.#admin = admin;
  }

  /** The Node object that the kubelet makes, Ready. */
  async register(name = 'node1'): Promise<void> {
    await this.#admin.create(nodes, { metadata: { name } } as Node);
    await this.ready(name, 'True');
  }

  /** What the kubelet, or in its absence the node controller, says of the node. */
  async ready(name: string, status: 'True' | 'Unknown'): Promise<void> {
    const conditions = [{ type: 'Ready', status, lastTransitionTime: AT, lastHeartbeatTime: AT }];
    await this.#admin.patch(nodes, { name }, { status: { conditions } }, { kind: 'merge', subresource: 'status' });
  }

  /** What the scheduler does. */
  async bind(pod: Pod, node = 'node1'): Promise<void> {
    await this.#admin.request({
      method: 'POST',
      path: `/api/v1/namespaces/default/pods/${pod.metadata.name}/binding`,
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name: pod.metadata.name },
        target: { kind: 'Node', name: node },
      },
    });
  }

  /** What the kubelet says of the pod. */
  async podStatus(pod: Pod, status: object): Promise<void> {
    await this.#admin.patch(pods, here(pod.metadata.name ?? ''), { status }, { kind: 'merge', subresource: 'status' });
  }

  /** All containers run. */
  async run(pod: Pod): Promise<void> {
    await this.podStatus(pod, {
      phase: 'Running',
      conditions: [scheduled, { type: 'Ready', status: 'True', lastTransitionTime: AT }],
      containerStatuses: [{ ...container({ running: { startedAt: AT } }), ready: true }],
    });
  }

  /** The compute container has ended. */
  async end(pod: Pod, phase: 'Succeeded' | 'Failed', terminated: object): Promise<void> {
    await this.podStatus(pod, {
      phase,
      conditions: [scheduled, { type: 'Ready', status: 'False', reason: 'PodCompleted', lastTransitionTime: AT }],
      containerStatuses: [container({ terminated: { exitCode: 0, startedAt: AT, finishedAt: AT, ...terminated } })],
    });
  }

  /** What virt-handler does once the domain runs. */
  async guestRuns(name: string): Promise<void> {
    const now = timestamp(new Date());
    await this.#say(name, {
      phase: 'Running',
      phaseTransitionTimestamps: [{ phase: 'Running', phaseTransitionTimestamp: now }],
      conditions: [{ type: 'Ready', status: 'True', reason: '', message: '', lastTransitionTime: now }],
    });
  }

  /** What virt-handler says of a pod that was removed, once no process of it is left. */
  async launcherGone(name: string): Promise<void> {
    const condition = { type: 'LauncherGone', status: 'True', reason: 'NoProcessLeft' };
    await this.#say(name, { conditions: [{ ...condition, lastTransitionTime: timestamp(new Date()) }] });
  }

  /** virt-handler's status; said again when virt-controller wrote meanwhile. */
  async #say(name: string, status: object): Promise<void> {
    const say = async () => {
      const { metadata } = await this.#admin.get(virtualMachineInstances, here(name));
      const { uid, resourceVersion } = metadata;
      const object = {
        apiVersion: 'kubevirt.io/v1',
        kind: 'VirtualMachineInstance',
        metadata: { ...here(name), uid, resourceVersion },
        status,
      };
      await this.#admin.patch(virtualMachineInstances, here(name), object, {
        kind: 'apply',
        subresource: 'status',
        fieldManager: 'virt-handler',
        force: true,
      });
    };
    await settle(say, { giveUp: (error) => !isConflict(error) });
  }

  /** The pod's containers are gone: the kubelet lets the object go. */
  async reap(pod: Pod): Promise<void> {
    await this.#admin.delete(pods, here(pod.metadata.name ?? ''), { gracePeriodSeconds: 0 });
  }
}
