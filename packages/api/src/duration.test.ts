import { expect, test } from '@jest/globals';
import { DurationError, parseDurationMs } from './duration.ts';

test.each([
  ['0', 0],
  ['30s', 30_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['300ms', 300],
  ['-2m', -120_000],
  ['+1s', 1000],
  ['.5s', 500],
  ['1h0m0s', 3_600_000],
])('%p is %p ms', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each(['', '-', '5', 's', '1 s', '1d', '1s ', '1h-1m', '1'.repeat(100) + 's', '1s'.repeat(60)])(
  '%p is refused',
  (text) => {
    expect(() => parseDurationMs(text)).toThrow(DurationError);
  },
);
