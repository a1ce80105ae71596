import type { Pod } from '@quickvirt/kube';

/** What the kubelet knows of a container. */
export type ContainerState =
  | { running: { startedAt: string } }
  | { terminated: { exitCode: number; reason: string; message: string; startedAt: string; finishedAt: string } };

/** The states of a pod's containers by name. */
export type ContainerStates = ReadonlyMap<string, ContainerState>;

/** A condition as the kubelet writes it. */
const condition = (type: string, holds: boolean, now: string) => ({
  type,
  status: holds ? 'True' : 'False',
  lastTransitionTime: now,
});

/**
 * The status that the kubelet writes for a pod of `restartPolicy: Never` in these states; a strategic merge patch. Pure.
 * @param now RFC 3339
 */
export function podStatus(pod: Pod, states: ContainerStates, now: string): object {
  const all = [...states.values()];
  const running = all.every((state) => 'running' in state);
  const ended = all.every((state) => 'terminated' in state);
  const failed = all.some((state) => 'terminated' in state && state.terminated.exitCode !== 0);
  const gates = pod.spec?.readinessGates ?? [];
  const held = new Set(pod.status?.conditions?.filter(({ status }) => status === 'True').map(({ type }) => type));
  const open = gates.every(({ conditionType }) => held.has(conditionType));
  return {
    phase: ended ? (failed ? 'Failed' : 'Succeeded') : 'Running',
    startTime: pod.status?.startTime ?? now,
    conditions: [
      condition('PodReadyToStartContainers', !ended, now),
      condition('Initialized', true, now),
      condition('ContainersReady', running, now),
      condition('Ready', running && open, now),
    ],
    containerStatuses: (pod.spec?.containers ?? []).map(({ name, image }) => {
      const state = states.get(name);
      const started = state !== undefined && 'running' in state;
      return { name, image, imageID: image, state, ready: started, started, restartCount: 0 };
    }),
  };
}

/** The status of a pod that the kubelet does not admit: its devices or volumes are not to be had. Pure. */
export function refusedStatus(message: string): object {
  return { phase: 'Failed', reason: 'UnexpectedAdmissionError', message };
}
