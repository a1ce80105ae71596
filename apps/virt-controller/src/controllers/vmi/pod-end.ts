import type { Pod } from '@quickvirt/kube';
import { parseExitRecord } from '@quickvirt/launcher-pod';
import { computeEnd } from './pod-state.ts';

/** How a guest ended: what its instance's phase, reason and conditions say from then on. */
export interface GuestEnd {
  readonly phase: 'Succeeded' | 'Failed';
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
}

/** Exit codes above this are signals (128 + n), as shells and container runtimes count. */
const SIGNAL_BASE = 128;

/**
 * Judges how the guest of an ended pod ended: by what the kubelet says of the container, then by the exit record that
 * virt-launcher leaves in its termination message. It needs no virt-handler.
 */
export function guestEndOf(pod: Pod): GuestEnd {
  const { name } = pod.metadata;
  const status = pod.status;
  const terminated = computeEnd(pod);
  if (status?.reason === 'Evicted') {
    return failed('Evicted', `the kubelet evicted launcher pod ${name}: ${status.message ?? 'no cause was given'}`);
  }
  if (terminated?.reason === 'OOMKilled') return outOfMemory(pod);
  const record = terminated?.message ? parseExitRecord(terminated.message) : undefined;
  if (record) return { phase: record.phase, reason: record.reason, message: record.message };
  if (terminated) return withoutRecord(pod, terminated);
  const reason = status?.reason ?? 'PodFailed';
  return failed(reason, `launcher pod ${name} failed before its guest ran: ${status?.message ?? reason}`);
}

/**
 * The end of a guest whose pod is gone without a trace.
 * @param lastWords what the instance said of its pod before.
 */
export function podIsGone(podName: string, lastWords: string | undefined): GuestEnd {
  const why = lastWords ?? 'it was removed by hand, by an eviction, or with its node';
  return failed('PodDeleted', `launcher pod ${podName} is gone although the instance was not deleted: ${why}`);
}

function outOfMemory(pod: Pod): GuestEnd {
  return failed(
    'OOMKilled',
    `launcher pod ${pod.metadata.name} used more memory than its limit and the kernel killed it: raise ` +
      'spec.domain.resources.limits.memory, or leave the limit out',
  );
}

function withoutRecord(pod: Pod, terminated: { exitCode: number; signal?: number; reason?: string }): GuestEnd {
  const { name } = pod.metadata;
  if (terminated.exitCode === 0) {
    return { phase: 'Succeeded', reason: 'LauncherEnded', message: `virt-launcher in pod ${name} ended by itself` };
  }
  const signal =
    terminated.signal ?? (terminated.exitCode > SIGNAL_BASE ? terminated.exitCode - SIGNAL_BASE : undefined);
  if (signal !== undefined) {
    return failed(
      'LauncherKilled',
      `virt-launcher in pod ${name} was killed by signal ${signal}, and the guest with it`,
    );
  }
  return failed(
    'LauncherFailed',
    `virt-launcher in pod ${name} ended with exit code ${terminated.exitCode} and left no exit record: see its log`,
  );
}

function failed(reason: string, message: string): GuestEnd {
  return { phase: 'Failed', reason, message };
}
