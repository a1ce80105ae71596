import { describe, expect, test } from '@jest/globals';
import { ApiError, RetryAfter, Terminal } from '@quickvirt/kube';
import { onExisting, refusable } from './refusal.ts';

const refused = (error: ApiError) => new RangeError('told', { cause: error });
const failing = (status: number, reason: string, causes?: { reason: string }[]) => () =>
  Promise.reject(new ApiError('POST /x', { status, body: { kind: 'Status', reason, details: { causes } } }));

describe('refusable', () => {
  test.each([
    ['a quota', failing(403, 'Forbidden'), RangeError],
    ['a namespace that goes', failing(403, 'Forbidden', [{ reason: 'NamespaceTerminating' }]), Terminal],
    ['a conflict', failing(409, 'Conflict'), ApiError],
    ['an object that is there already', failing(409, 'AlreadyExists'), ApiError],
    ['a busy server', failing(429, 'TooManyRequests'), ApiError],
    ['a lost connection', () => Promise.reject(new SyntaxError('lost')), SyntaxError],
  ])('%s', async (_what, write, expected) => {
    await expect(refusable(write, refused)).rejects.toBeInstanceOf(expected);
  });

  test('answers what was written', async () => {
    expect(await refusable(() => Promise.resolve(42), refused)).toBe(42);
  });
});

test('onExisting waits for the cache when the object is gone', async () => {
  await expect(onExisting(failing(404, 'NotFound'))).rejects.toBeInstanceOf(RetryAfter);
  await expect(onExisting(failing(409, 'Conflict'))).rejects.toBeInstanceOf(ApiError);
});
