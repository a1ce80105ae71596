/** One entry of `status.conditions` (meta/v1 Condition and its older relatives). */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  observedGeneration?: number;
  lastTransitionTime?: string | null;
  lastProbeTime?: string | null;
}

/** The condition of that type. */
export function findCondition<C extends Condition>(conditions: readonly C[] | undefined, type: string): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Whether the condition is there with status True. */
export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The list with `next` in it. Order is kept (two writers that reorder would fight), new types come last.
 * `lastTransitionTime` moves to `now` only when the status changes (API conventions, "Typical status properties"). The
 * same array comes back when nothing changed, so that `===` tells whether a write is due.
 */
export function setCondition<C extends Condition>(conditions: readonly C[], next: C, now: Date): readonly C[] {
  const index = conditions.findIndex(({ type }) => type === next.type);
  const current = conditions[index];
  const lastTransitionTime =
    current?.status === next.status
      ? (current.lastTransitionTime ?? next.lastTransitionTime ?? timestamp(now))
      : (next.lastTransitionTime ?? timestamp(now));
  const condition: C = { ...next, lastTransitionTime };
  if (current === undefined) return [...conditions, condition];
  if (sameCondition(current, condition)) return conditions;
  return conditions.with(index, condition);
}

/** `setCondition` for several. */
export function mergeConditions<C extends Condition>(
  conditions: readonly C[],
  next: readonly C[],
  now: Date,
): readonly C[] {
  return next.reduce((merged, condition) => setCondition(merged, condition, now), conditions);
}

/** The list without that type; the same array when it was not in it. */
export function removeCondition<C extends Condition>(conditions: readonly C[], type: string): readonly C[] {
  return findCondition(conditions, type) ? conditions.filter((condition) => condition.type !== type) : conditions;
}

/** meta/v1 Time: RFC 3339 in whole seconds; the API server drops fractions. */
export function timestamp(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

function sameCondition(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration &&
    a.lastTransitionTime === b.lastTransitionTime &&
    a.lastProbeTime === b.lastProbeTime
  );
}
