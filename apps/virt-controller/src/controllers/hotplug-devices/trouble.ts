import type { Pod } from '@quickvirt/kube';
import { podCondition } from '../vmi/pod-state.ts';

/** Why a pod does not get the device that it is to hold, with what to change; undefined while it may still. */
export function attachmentTrouble(pod: Pod, deviceName: string): string | undefined {
  const { name = '' } = pod.metadata;
  const { phase, message, reason } = pod.status ?? {};
  if (phase === 'Failed' || phase === 'Succeeded') {
    const why = message ?? reason ?? 'the kubelet gave no reason';
    return `attachment pod ${name} has ended: ${why}; another one is tried in its place`;
  }
  const scheduled = podCondition(pod, 'PodScheduled');
  if (scheduled?.status === 'False') {
    return (
      `attachment pod ${name} waits: ${scheduled.message ?? scheduled.reason ?? ''} ` +
      `(the guest's node has no free ${deviceName}: free one there, or stop the VM and start it on another node)`
    );
  }
  for (const { state } of pod.status?.containerStatuses ?? []) {
    const { reason: waits, message: words } = state?.waiting ?? {};
    if (waits && waits !== 'ContainerCreating' && waits !== 'PodInitializing') {
      return `attachment pod ${name} does not start: ${waits} ${words ?? ''}`.trimEnd();
    }
  }
  return undefined;
}
