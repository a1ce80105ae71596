import { expect, test } from '@jest/globals';
import { SessionLimiter } from './session-limit.ts';

test('places are limited per VMI and in all, and given back once', () => {
  const limiter = new SessionLimiter({ perVmi: 2, total: 3 });
  const first = limiter.open('a');
  expect(limiter.open('a')).toBeDefined();
  expect(limiter.open('a')).toBeUndefined();
  expect(limiter.open('b')).toBeDefined();
  expect(limiter.open('c')).toBeUndefined();
  first?.();
  first?.();
  expect(limiter.size).toBe(2);
  expect(limiter.open('c')).toBeDefined();
  expect(limiter.open('a')).toBeUndefined();
});
