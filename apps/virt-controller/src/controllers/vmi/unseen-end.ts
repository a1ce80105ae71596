import { vmiConditions, type VirtualMachineInstance } from '@quickvirt/api';
import { isConditionTrue, type Pod } from '@quickvirt/kube';
import { HEARTBEAT_STALE_MS } from '../node/node-life.ts';
import { isFinal } from '../vmi-lifecycle.ts';
import { longestPodEndMs } from './deletion-grace.ts';
import { computeEnd } from './pod-state.ts';

/** Between the time that a heartbeat is stale and the time that this is acted upon. */
const JUDGEMENT_SLACK_MS = 10_000;

/** What is known of a guest whose pod is gone. */
export interface UnseenEndFacts {
  readonly vmi: VirtualMachineInstance;
  readonly pod: Pod | undefined;
  /** The pod as it was when it went, where this process saw that. */
  readonly departedPod?: Pod;
  /** Since when the pod is gone and its node believed alive, by this process's monotonic clock. */
  readonly podAbsentMs: number;
}

/** Whether the node's virt-handler has told that no process of the pod is left there: it answers `Ready=False, PodNotExists`. */
export function isLauncherGone({ status }: VirtualMachineInstance): boolean {
  return isConditionTrue(status?.conditions, vmiConditions.launcherGone);
}

/**
 * Milliseconds until a guest whose pod was removed (by force, or behind our back) counts as ended, while its node is
 * believed alive; 0 when it does now. Nobody told its end, so its QEMU may run: until virt-handler says that it does
 * not, else for as long as it takes to find out that the node is silent, and on a node that is well for as long as the
 * kubelet gives the containers of a pod that is gone.
 */
export function unseenEndLeftMs({ vmi, pod, departedPod, podAbsentMs }: UnseenEndFacts): number {
  const { phase } = vmi.status ?? {};
  const handedOver = phase === 'Scheduled' || phase === 'Running';
  if (pod || !handedOver || isFinal(vmi) || isLauncherGone(vmi) || (departedPod && computeEnd(departedPod))) return 0;
  return Math.max(0, HEARTBEAT_STALE_MS + JUDGEMENT_SLACK_MS + longestPodEndMs(vmi) - podAbsentMs);
}
