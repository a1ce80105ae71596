import type { Pod } from '@quickvirt/kube';
import type { WantedCondition } from '../conditions.ts';
import { podCondition } from './pod-state.ts';

/** Reasons for which a container waits although nothing will change by itself. Source: kubelet's container states. */
const STUCK_REASONS: Readonly<Record<string, string>> = {
  ErrImagePull: 'check the image name, and the pull secret if the registry asks for one',
  ImagePullBackOff: 'check the image name, and the pull secret if the registry asks for one',
  ErrImageNeverPull: 'load the image on the node, or set imagePullPolicy to IfNotPresent',
  InvalidImageName: 'write the image as REGISTRY/NAME:TAG',
  ImageInspectError: 'look at the kubelet and the container runtime of the node',
  CreateContainerConfigError: 'create the Secret or ConfigMap that is missing; the pod starts by itself then',
  CreateContainerError: 'look at the container runtime of the node',
  RunContainerError: 'look at the container runtime of the node',
};

/** Why the scheduler finds no node, with what to change; undefined while it has not given up. */
export function unschedulable(pod: Pod): WantedCondition | undefined {
  const scheduled = podCondition(pod, 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  const { reason = 'Unschedulable', message = '' } = scheduled;
  return { type: 'PodScheduled', status: 'False', reason, message: [message, placementAdvice(pod, message)].join(' ') };
}

/** Why the pod's containers do not start, with what to change; undefined while they may still. */
export function containerTrouble(
  pod: Pod,
  mountFailure: string | undefined,
  current: WantedCondition | undefined,
): WantedCondition | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const { name, state } of statuses) {
    const { reason = '', message } = state?.waiting ?? {};
    const advice = STUCK_REASONS[reason];
    if (advice === undefined) continue;
    const said = message ?? `container ${name} waits`;
    return { type: 'Synchronized', status: 'False', reason, message: `${said} (pod ${pod.metadata.name}: ${advice})` };
  }
  if (mountFailure === undefined) return undefined;
  // The kubelet says it in changing words; the first are enough.
  if (current?.reason === 'FailedMount') return current;
  return {
    type: 'Synchronized',
    status: 'False',
    reason: 'FailedMount',
    message:
      `${mountFailure} (pod ${pod.metadata.name}: create what a volume of the instance names, or correct the name; ` +
      'the pod starts by itself then)',
  };
}

/** What the pod asks of a node, and what a user can change about it. */
function placementAdvice(pod: Pod, message: string): string {
  const requests = pod.spec?.containers?.flatMap(({ resources }) => Object.entries(resources?.requests ?? {})) ?? [];
  const asks = requests.map(([resource, amount]) => `${resource}=${String(amount)}`).join(', ');
  const advice = message.includes('devices.kubevirt.io/kvm')
    ? 'No node with room offers hardware virtualisation: add nodes that have /dev/kvm, or set ' +
      'spec.configuration.developerConfiguration.useEmulation to true in the KubeVirt object.'
    : 'Ask for less CPU or memory in spec.domain, relax spec.nodeSelector, spec.affinity or spec.tolerations, or add a ' +
      'node that fits.';
  return `(the launcher pod asks for ${asks || 'nothing'}) ${advice}`;
}
