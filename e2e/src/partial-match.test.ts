import { describe, expect, test } from '@jest/globals';
import { differences } from './partial-match.ts';

describe('differences', () => {
  test.each([
    ['a subset matches', { a: 1 }, { a: 1, b: 2 }, 0],
    ['another value differs', { a: 1 }, { a: 2 }, 1],
    ['a missing field differs', { a: { b: 1 } }, {}, 1],
    ['null expects absence', { a: null }, {}, 0],
    ['null refuses a value', { a: null }, { a: 0 }, 1],
    [
      'a list is matched by type',
      [{ type: 'Ready', status: 'True' }],
      [{ type: 'X' }, { type: 'Ready', status: 'True', reason: 'r' }],
      0,
    ],
    ['a listed type must be there', [{ type: 'Ready' }], [{ type: 'X' }], 1],
    ['a plain list must be equal', [1, 2], [1, 2, 3], 1],
    ['a regular expression', { a: '/^v1\\./' }, { a: 'v1.9' }, 0],
    ['a regular expression wants a value', { a: '/.*/' }, {}, 1],
  ])('%s', (_name, expected, actual, count) => {
    expect(differences(expected, actual)).toHaveLength(count as number);
  });
});
