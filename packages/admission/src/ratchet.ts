import type { Cause } from './cause.ts';

/**
 * The causes of `current` that `stored` did not have already. A stricter release must never lock an object: what was
 * stored and is unchanged passes.
 */
export function ratchet(current: readonly Cause[], stored: readonly Cause[]): Cause[] {
  const known = new Set(stored.map(identityOf));
  return current.filter((cause) => !known.has(identityOf(cause)));
}

function identityOf({ type, field, message }: Cause): string {
  return JSON.stringify([type, field, message]);
}
