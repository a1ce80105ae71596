import type { Pod } from '@quickvirt/kube';
import { reasons, type VirtualMachineInstancePhase } from '@quickvirt/api';
import type { WantedCondition } from '../conditions.ts';
import type { GuestEnd } from './pod-end.ts';
import { podCondition } from './pod-state.ts';

/**
 * The instance's readiness: the pod's own while the guest runs, else false with the nearest reason. Before the guest
 * runs the reason stays the same whatever the pod says, so that a start costs no write for each step of the kubelet.
 */
export function readyCondition(facts: {
  phase: VirtualMachineInstancePhase;
  pod: Pod | undefined;
  end: GuestEnd | undefined;
}): WantedCondition {
  const { phase, pod, end } = facts;
  if (end) return notReady('GuestNotRunning', end.message);
  if (!pod) return notReady(reasons.vmiReady.podNotExists, 'the instance has no launcher pod');
  if (pod.metadata.deletionTimestamp) return notReady('PodTerminating', terminating(pod));
  if (phase !== 'Running') return notReady('GuestNotRunning', 'the guest does not run yet');
  const ready = podCondition(pod, 'Ready');
  if (!ready)
    return notReady('PodConditionMissing', `launcher pod ${pod.metadata.name} does not say whether it is ready`);
  if (ready.status === 'True' || waitsForOurGateAlone(pod)) return { type: 'Ready', status: 'True' };
  return notReady(ready.reason ?? 'PodNotReady', ready.message ?? `launcher pod ${pod.metadata.name} is not ready`);
}

/**
 * Whether the pod is ready but for the gate that we have opened, and that the kubelet has not weighed yet: its answer is
 * known, and needs no write of its own. The kubelet names gates only when all containers are ready.
 */
function waitsForOurGateAlone(pod: Pod): boolean {
  if (podCondition(pod, 'Ready')?.reason !== 'ReadinessGatesNotReady') return false;
  return (pod.spec?.readinessGates ?? []).every(
    ({ conditionType }) => podCondition(pod, conditionType)?.status === 'True',
  );
}

/** Whoever disrupts a pod says so in a condition (KEP-3329): a drain, a taint, a preemption, a lost node. */
function terminating(pod: Pod): string {
  const disruption = podCondition(pod, 'DisruptionTarget');
  const why = disruption?.status === 'True' ? `: ${disruption.message ?? disruption.reason ?? ''}` : '';
  return `launcher pod ${pod.metadata.name} is ending${why}`;
}

/**
 * The pod of a guest is gone without a word of the guest's end.
 * @param before what was said of the pod when it was still there.
 */
export function podRemoved(podName: string, before: string | undefined): WantedCondition {
  const removed = 'was removed by force before its end was told, or with its node';
  const message = before === undefined ? `launcher pod ${podName} ${removed}` : `${before}; it ${removed}`;
  return notReady(reasons.vmiReady.podNotExists, message);
}

/** Nobody can tell whether the guest of that node runs. */
export function unresponsiveNode({ message }: { readonly message: string }): WantedCondition {
  return notReady(reasons.vmiReady.nodeUnresponsive, message);
}

function notReady(reason: string, message: string): WantedCondition {
  return { type: 'Ready', status: 'False', reason, message };
}
