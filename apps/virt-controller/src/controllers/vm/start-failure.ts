import type { VirtualMachineRunStrategy, VirtualMachineInstance, VirtualMachineStartFailure } from '@quickvirt/api';
import { timestamp } from '@quickvirt/kube';
import { isFinal, reachedRunning } from '../vmi-lifecycle.ts';

/** Longest wait between two starts of a guest that never runs. KubeVirt's own, so that users meet what they know. */
const MAX_BACK_OFF_SECONDS = 300;
/** By more than this no clock jumps. */
const WRONG_CLOCK_MS = 86_400_000;
const FIRST_BACK_OFF_SECONDS = 10;

const RESTARTING: readonly VirtualMachineRunStrategy[] = ['Always', 'RerunOnFailure', 'Once'];

/** Facts that the count of failed starts depends on. */
export interface StartFailureFacts {
  readonly strategy: VirtualMachineRunStrategy;
  readonly previous: VirtualMachineStartFailure | undefined;
  readonly vmi: VirtualMachineInstance | undefined;
  /** Between 0 and 1, drawn by the caller: spreads the retries of many VMs that failed together. */
  readonly jitter: number;
  readonly now: Date;
}

/**
 * The record of starts that failed: one is counted for each instance that ended without ever running, and the record
 * goes once a guest runs or when the strategy no longer restarts by itself.
 */
export function startFailureAfter(facts: StartFailureFacts): VirtualMachineStartFailure | undefined {
  const { strategy, previous, vmi, jitter, now } = facts;
  if (!RESTARTING.includes(strategy)) return undefined;
  if (!vmi) return previous;
  if (reachedRunning(vmi)) return undefined;
  if (!isFinal(vmi) || previous?.lastFailedVMIUID === vmi.metadata.uid) return previous;
  const consecutiveFailCount = (previous?.consecutiveFailCount ?? 0) + 1;
  const retryAt = new Date(now.getTime() + backOffSeconds(consecutiveFailCount, jitter) * 1000);
  return {
    consecutiveFailCount,
    lastFailedVMIUID: vmi.metadata.uid,
    retryAfterTimestamp: timestamp(retryAt),
  };
}

/** Seconds to wait after the n-th failure in a row: 10 n^2 and up to half of it more, 300 at most. */
export function backOffSeconds(failures: number, jitter: number): number {
  const base = Math.max(FIRST_BACK_OFF_SECONDS, MAX_BACK_OFF_SECONDS / 30) * failures ** 2;
  return Math.min(MAX_BACK_OFF_SECONDS, Math.round(base * (1 + jitter / 2)));
}

/**
 * Milliseconds until the next start is allowed; 0 when it is allowed now. A time further away than any back-off was
 * written by a clock that was wrong by minutes or hours, and holds nobody up; one beyond a day was put there on purpose.
 */
export function backOffLeftMs(failure: VirtualMachineStartFailure | undefined, now: Date): number {
  if (!failure?.retryAfterTimestamp) return 0;
  const leftMs = Math.max(0, Date.parse(failure.retryAfterTimestamp) - now.getTime());
  return leftMs > MAX_BACK_OFF_SECONDS * 1_000 && leftMs < WRONG_CLOCK_MS ? 0 : leftMs;
}
