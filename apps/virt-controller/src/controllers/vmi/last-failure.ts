import type { LastFailure, VirtualMachineInstance } from '@quickvirt/api';
import { timestamp, type Pod } from '@quickvirt/kube';
import { CONSOLE_LOG_CONTAINER, harmlessLines, parseExitRecord } from '@quickvirt/launcher-pod';
import type { GuestEnd } from './pod-end.ts';
import { computeEnd } from './pod-state.ts';

/**
 * What is kept of an instance that ended badly. All of it is in the pod's status, so that no virt-handler is needed: the
 * launcher's exit record in its termination message; where it was killed and left none, the end of its log, which the
 * kubelet puts there; and the end of the guest's console, as the kubelet read it from the container that shows it.
 * @param pod the launcher pod as it was last seen.
 */
export function lastFailureOf(
  facts: { vmi: VirtualMachineInstance; pod: Pod | undefined; podName: string; end: GuestEnd },
  now: Date,
): LastFailure {
  const { vmi, pod, podName, end } = facts;
  const terminated = pod && computeEnd(pod);
  const record = parseExitRecord(terminated?.message ?? '');
  const lists = {
    consoleLog: harmlessLines(record?.consoleLines?.join('\n') ?? consoleText(pod)),
    launcherLog: harmlessLines(record ? (record.launcherLines ?? []).join('\n') : (terminated?.message ?? '')),
    libvirtLog: harmlessLines((record?.libvirtLines ?? []).join('\n')),
    qemuLog: harmlessLines((record?.lastLogLines ?? []).join('\n')),
  };
  const nodeName = vmi.status?.nodeName ?? pod?.spec?.nodeName;
  return {
    ...Object.fromEntries(Object.entries(lists).filter(([, lines]) => lines.length > 0)),
    reason: end.reason,
    message: end.message,
    ...(terminated ? { exitCode: terminated.exitCode } : {}),
    ...(vmi.metadata.uid ? { instanceUID: vmi.metadata.uid } : {}),
    ...(nodeName ? { nodeName } : {}),
    podName,
    time: vmi.status?.lastFailure?.time ?? finishedAt(terminated) ?? timestamp(now),
  };
}

/**
 * The record with the guest's console, which the kubelet tells a moment after the launcher's end; undefined when there is
 * nothing to add.
 */
export function withConsole(failure: LastFailure | undefined, pod: Pod | undefined): LastFailure | undefined {
  if (!failure || failure.consoleLog) return undefined;
  const consoleLog = harmlessLines(consoleText(pod));
  return consoleLog.length > 0 ? { ...failure, consoleLog } : undefined;
}

function consoleText(pod: Pod | undefined): string {
  const container = pod?.status?.initContainerStatuses?.find(({ name }) => name === CONSOLE_LOG_CONTAINER);
  return container?.state?.terminated?.message ?? '';
}

/** The API's times come as text. */
function finishedAt(terminated: ReturnType<typeof computeEnd>): string | undefined {
  const at: unknown = terminated?.finishedAt;
  return typeof at === 'string' ? at : undefined;
}
