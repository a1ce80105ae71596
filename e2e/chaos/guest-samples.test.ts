import { describe, expect, test } from '@jest/globals';
import { duplicates, samplesOf, type Sample } from './guest-samples.ts';

const sample = (node: string, at: number, ...guests: string[]): Sample => ({ node, at, guests });

describe('samplesOf', () => {
  test('reads samples and leaves other lines out', () => {
    expect(samplesOf('n1', 'Warning: x\n{"at":5,"guests":["a_b u 1"]}\n')).toEqual([sample('n1', 5, 'a_b u 1')]);
  });
});

describe('duplicates', () => {
  test.each<[string, Sample[], number]>([
    ['one guest on one node', [sample('n1', 1, 'a_b u 1')], 0],
    [
      'it moves: gone here before it is there',
      [sample('n1', 1, 'a_b u 1'), sample('n1', 2), sample('n2', 3, 'a_b u 9')],
      0,
    ],
    ['two machines beside each other', [sample('n1', 1, 'a_b u 1', 'a_c v 2')], 0],
    ['twice on one node', [sample('n1', 1, 'a_b u 1', 'a_b u 2')], 1],
    ['on two nodes at once', [sample('n1', 1, 'a_b u 1'), sample('n2', 3, 'a_b u 9'), sample('n1', 4)], 1],
    ['samples in any order', [sample('n1', 4), sample('n2', 3, 'a_b u 9'), sample('n1', 1, 'a_b u 1')], 1],
    ['a new instance of the machine beside the old one', [sample('n1', 1, 'a_b u 1', 'a_b v 2')], 1],
  ])('%s', (_case, samples, count) => {
    expect(duplicates(samples)).toHaveLength(count);
  });
});
