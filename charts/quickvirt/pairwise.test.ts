import { expect, test } from '@jest/globals';
import { pairwise } from './pairwise.ts';

test('every pair of levels occurs, in far fewer rows than all combinations', () => {
  const factors = { a: [1, 2, 3], b: ['x', 'y'], c: [true, false], d: ['p', 'q', 'r'], e: [0, 1] };
  const rows = pairwise(factors);
  for (const [a, levelsOfA] of Object.entries(factors)) {
    for (const [b, levelsOfB] of Object.entries(factors)) {
      if (a === b) continue;
      for (const i of levelsOfA)
        for (const j of levelsOfB) expect(rows.some((row) => row[a] === i && row[b] === j)).toBe(true);
    }
  }
  expect(rows.length).toBeLessThan(20);
});
