import { parseDurationMs, type Quantity, tryParseQuantity, wholeUnits } from '@quickvirt/api';

/**
 * Bytes of a quantity, or the fallback when it is missing or is none. The schema refuses most of such texts; what gets
 * past it must not stop every component.
 */
export function bytesOr(quantity: Quantity | undefined, fallback: number): number {
  const parsed = tryParseQuantity(quantity);
  return parsed === undefined ? fallback : Number(wholeUnits(parsed));
}

/** Milliseconds of a duration, or the fallback when it is missing or is none. */
export function durationMsOr(duration: string | undefined, fallbackMs: number): number {
  if (duration === undefined) {
    return fallbackMs;
  }
  try {
    return parseDurationMs(duration);
  } catch {
    return fallbackMs;
  }
}

/** A non-negative decimal number in text, or the fallback. */
export function ratioOr(ratio: string | undefined, fallback: number): number {
  return ratio !== undefined && /^\d+(\.\d+)?$/.test(ratio) ? Number(ratio) : fallback;
}

/** Freezes plain data all the way down and gives it back. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach((member) => deepFreeze(member));
  }
  return value;
}
