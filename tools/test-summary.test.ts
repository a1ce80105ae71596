import { describe, expect, test } from '@jest/globals';
import { tallyJest, unlistedSkips } from './test-summary.ts';

describe('tallyJest', () => {
  test('counts what passed, failed and was skipped', () => {
    const tally = tallyJest({
      testResults: [
        {
          name: 'a.test.ts',
          status: 'failed',
          message: '',
          assertionResults: [
            { fullName: 'a one', status: 'passed' },
            { fullName: 'a two', status: 'failed', failureMessages: ['no'] },
            { fullName: 'a three', status: 'pending' },
          ],
        },
        { name: 'b.test.ts', status: 'failed', message: 'does not compile', assertionResults: [] },
      ],
    });
    expect(tally).toEqual({
      passed: 1,
      failed: 2,
      skipped: ['a three'],
      failures: ['a two: no', 'b.test.ts: does not compile'],
    });
  });
});

describe('unlistedSkips', () => {
  const listed = [{ test: '^reference', reason: 'no reference beside the clone', inCi: false }];
  test('a listed skip is fine outside CI', () => expect(unlistedSkips(['reference x'], listed, false)).toEqual([]));
  test('the same skip fails in CI', () =>
    expect(unlistedSkips(['reference x'], listed, true)).toEqual(['reference x']));
  test('an unlisted skip always fails', () => expect(unlistedSkips(['other'], listed, false)).toEqual(['other']));
});
