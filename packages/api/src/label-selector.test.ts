import { expect, test } from '@jest/globals';
import { matchesSelector, meetsRequirement } from './label-selector.ts';

test.each<[Parameters<typeof meetsRequirement>[0], string | undefined, boolean]>([
  [{ operator: 'In', values: ['a', 'b'] }, 'b', true],
  [{ operator: 'In', values: ['a'] }, undefined, false],
  [{ operator: 'NotIn', values: ['a'] }, 'a', false],
  [{ operator: 'NotIn', values: ['a'] }, undefined, true],
  [{ operator: 'Exists' }, '', true],
  [{ operator: 'Exists' }, undefined, false],
  [{ operator: 'DoesNotExist' }, undefined, true],
  [{ operator: 'Gt', values: ['9'] }, '10', true],
  [{ operator: 'Lt', values: ['9'] }, '10', false],
  [{ operator: 'Gt', values: ['9'] }, 'ten', false],
  [{ operator: 'in' as 'In', values: ['a'] }, 'a', false],
])('%j of %j: %j', (requirement, value, expected) => expect(meetsRequirement(requirement, value)).toBe(expected));

test('a selector asks for all of its parts, and for the own labels only', () => {
  const selector = { matchLabels: { a: '1' }, matchExpressions: [{ key: 'b', operator: 'Exists' as const }] };
  expect(matchesSelector(selector, { a: '1', b: '' })).toBe(true);
  expect(matchesSelector(selector, { a: '1' })).toBe(false);
  expect(matchesSelector({}, {})).toBe(true);
  expect(matchesSelector({ matchExpressions: [{ key: 'toString', operator: 'Exists' }] }, {})).toBe(false);
});
