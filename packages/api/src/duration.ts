import type { Duration } from './scalars.ts';

/** Text that is not a duration. */
export class DurationError extends Error {
  readonly text: string;

  constructor(text: string) {
    super(`${JSON.stringify(text)} is not a duration: write numbers with units, for example 30s, 5m or 1h30m`);
    this.name = 'DurationError';
    this.text = text;
  }
}

/** Longer texts are refused. */
const maxTextLength = 64;
const msPerUnit: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const term = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|ms|s|m|h)/y;

/**
 * Milliseconds of a duration in Go's notation (`time.ParseDuration`: a sign, then numbers with units).
 * @throws DurationError when the text is no duration.
 */
export function parseDurationMs(duration: Duration): number {
  if (duration.length > maxTextLength) {
    throw new DurationError(duration.slice(0, maxTextLength));
  }
  const sign = duration.startsWith('-') ? -1 : 1;
  let at = /^[+-]/.test(duration) ? 1 : 0;
  if (duration.slice(at) === '0') {
    return 0;
  }
  let totalMs = 0;
  while (at < duration.length) {
    term.lastIndex = at;
    const match = term.exec(duration);
    if (match === null) {
      throw new DurationError(duration);
    }
    totalMs += Number(match[1]) * (msPerUnit[match[2] ?? ''] ?? NaN);
    at = term.lastIndex;
  }
  if (totalMs === 0 && !/\d/.test(duration)) {
    throw new DurationError(duration);
  }
  return sign * totalMs;
}
