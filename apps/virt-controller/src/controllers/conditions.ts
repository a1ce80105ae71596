import type { Condition } from '@quickvirt/api';
import { findCondition } from '@quickvirt/kube';

/** A condition as a decision states it: the time of its last change is filled in by `withTransitionTimes`. */
export type WantedCondition = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/**
 * Wanted conditions with `lastTransitionTime`: kept where the status is as it was, now where it changed. The order is
 * the wanted one, so that two passes over the same facts give the same list.
 */
export function withTransitionTimes(
  wanted: readonly WantedCondition[],
  current: readonly Condition[] | undefined,
  now: string,
): Condition[] {
  return wanted.map((next) => {
    const previous = findCondition(current, next.type);
    const lastTransitionTime = previous?.status === next.status ? (previous.lastTransitionTime ?? now) : now;
    const { type, status, reason, message } = next;
    return {
      type,
      status,
      ...(reason ? { reason } : {}),
      ...(message ? { message } : {}),
      lastTransitionTime,
    };
  });
}

/** Whether two lists say the same, whatever their order and times. */
export function sameConditions(
  a: readonly WantedCondition[] | undefined,
  b: readonly WantedCondition[] | undefined,
): boolean {
  const [left, right] = [a ?? [], b ?? []];
  return (
    left.length === right.length &&
    left.every((one) =>
      sameCondition(
        one,
        right.find(({ type }) => type === one.type),
      ),
    )
  );
}

/** Whether two conditions say the same, whatever their times. */
export function sameCondition(a: WantedCondition | undefined, b: WantedCondition | undefined): boolean {
  if (!a || !b) return a === b;
  return a.status === b.status && (a.reason ?? '') === (b.reason ?? '') && (a.message ?? '') === (b.message ?? '');
}
