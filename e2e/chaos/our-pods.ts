import { strict as assert } from 'node:assert';
import type { Kubectl, KubernetesObject } from '../src/kubectl.ts';
import { inNode } from '../src/local-node.ts';
import type { ChaosWorld } from './fault.ts';

const OURS = 'kubevirt.io in (virt-api,virt-controller,virt-handler)';

/**
 * Waits until all our pods are as many as they should be, and ready. The pods themselves are counted: what their
 * controllers say of them is late, and was true a moment ago.
 */
export async function allReady(system: Kubectl, timeoutMs = 180_000): Promise<void> {
  const wanted = [
    ['virt-api', 'deployment', '{.spec.replicas}'],
    ['virt-controller', 'deployment', '{.spec.replicas}'],
    ['virt-handler', 'daemonset', '{.status.desiredNumberScheduled}'],
  ] as const;
  for (const [app, kind, count] of wanted) {
    const replicas = Number(await system.run(['get', kind, app, '-o', `jsonpath=${count}`]));
    let ready = 0;
    await system.watchUntil(
      'Pod',
      { selector: `kubevirt.io=${app}` },
      (pods) => {
        ready = [...pods.values()].filter(isReady).length;
        return ready >= replicas;
      },
      { timeoutMs, describe: () => `${ready} of ${replicas} pods of ${app} are ready` },
    );
  }
}

/** A pod as far as it is looked at. */
interface Pod extends KubernetesObject {
  metadata: KubernetesObject['metadata'] & { deletionTimestamp?: string };
  status?: { conditions?: { type: string; status: string }[] };
}

function isReady(object: KubernetesObject): boolean {
  const { metadata, status } = object as Pod;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  return ready && metadata.deletionTimestamp === undefined;
}

/** Names of our pods that live. */
export async function ourPods(system: Kubectl, selector = OURS): Promise<string[]> {
  const { items } = JSON.parse(await system.run(['get', 'pods', '-l', selector, '-o', 'json'])) as { items: Pod[] };
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name);
}

/**
 * Ends a pod of ours without a word and removes it, so that another one is made at once. Its containers get SIGKILL where
 * nodes can be reached into: the kubelet would let them end in their own time, even those of a pod that was removed by
 * force.
 * @returns whether it was still there
 */
export async function kill({ system, reach }: Pick<ChaosWorld, 'system' | 'reach'>, pod: string): Promise<boolean> {
  if (reach.has('nodes')) {
    const { stdout: node } = await system.try(['get', 'pod', pod, '-o', 'jsonpath={.spec.nodeName}']);
    if (node) await inNode(node, killContainers(pod));
  }
  const { exitCode } = await system.try(['delete', 'pod', pod, '--grace-period=0', '--force', '--wait=false']);
  return exitCode === 0;
}

/** Kills all our pods, one after the other. @throws AssertionError when there were none. */
export async function killAll(world: Pick<ChaosWorld, 'system' | 'reach'>): Promise<void> {
  let killed = 0;
  for (const pod of await ourPods(world.system)) if (await kill(world, pod)) killed++;
  assert.ok(killed >= 3, `only ${killed} of our pods were there to be killed`);
}

const killContainers = (pod: string): string =>
  [
    `its='labels."io.kubernetes.pod.name"==${pod},labels."io.cri-containerd.kind"==container'`,
    `for id in $(ctr -n k8s.io containers ls -q "$its"); do`,
    `  ctr -n k8s.io tasks kill --signal SIGKILL $id 2>/dev/null || true`, // one that has not started, or has ended
    `done`,
  ].join('\n');
