import { expect, test } from '@jest/globals';
import { invalid } from './cause.ts';
import { ratchet } from './ratchet.ts';

test('what was wrong already and is unchanged passes; what is new does not', () => {
  const stored = invalid('spec.a', 'a is wrong');
  expect(ratchet([invalid('spec.a', 'a is wrong'), invalid('spec.b', 'b is wrong')], [stored])).toEqual([
    invalid('spec.b', 'b is wrong'),
  ]);
  expect(ratchet([invalid('spec.a', 'a is wrong in another way')], [stored])).toHaveLength(1);
});
