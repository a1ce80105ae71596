import type { Pod } from '@quickvirt/kube';
import { COMPUTE_CONTAINER } from '@quickvirt/launcher-pod';

/** How far the launcher pod is. */
export type PodState = 'absent' | 'waiting' | 'started' | 'ended';

/** Reads the state of a launcher pod. It has started when all its containers run, and ended when `compute` has. */
export function podState(pod: Pod | undefined): PodState {
  if (!pod) return 'absent';
  const { phase, containerStatuses = [] } = pod.status ?? {};
  if (phase === 'Succeeded' || phase === 'Failed' || computeEnd(pod)) return 'ended';
  const running = containerStatuses.length > 0 && containerStatuses.every(({ state }) => state?.running !== undefined);
  return phase === 'Running' && running ? 'started' : 'waiting';
}

/** A condition of the pod. */
export function podCondition(pod: Pod, type: string) {
  return pod.status?.conditions?.find((candidate) => candidate.type === type);
}

/** How the container of the guest ended, as the kubelet saw it; others may say of a pod that it failed. */
export function computeEnd({ status }: Pod) {
  return status?.containerStatuses?.find(({ name }) => name === COMPUTE_CONTAINER)?.state?.terminated;
}
