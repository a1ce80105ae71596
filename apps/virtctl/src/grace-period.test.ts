import { expect, test } from '@jest/globals';
import { forcedGracePeriod, parseGracePeriod } from './grace-period.ts';

test.each([
  [{ force: false, gracePeriod: -1 }, undefined],
  [{ force: true, gracePeriod: 0 }, 0],
  [{ force: true, gracePeriod: 60 }, 60],
])('%j', (options, seconds) => {
  expect(forcedGracePeriod(options)).toBe(seconds);
});

test.each([[{ force: true, gracePeriod: -1 }], [{ force: false, gracePeriod: 0 }]])('%j is refused', (options) => {
  expect(() => forcedGracePeriod(options)).toThrow('--force and --grace-period go together');
});

test.each([['x'], ['1.5'], ['-2'], ['NaN']])('%j is no grace period', (text) => {
  expect(() => parseGracePeriod(text)).toThrow('whole number');
});
