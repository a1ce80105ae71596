import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergeConditions, removeCondition, setCondition, timestamp, type Condition } from './conditions.ts';

const now = new Date('2026-02-03T04:05:06.789Z');
const ready: Condition = { type: 'Ready', status: 'True', reason: 'Up', lastTransitionTime: '2026-01-01T00:00:00Z' };
const paused: Condition = { type: 'Paused', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' };

describe('conditions', () => {
  test('a status that changes moves lastTransitionTime; a reason alone does not', () => {
    const [changed] = setCondition([ready], { type: 'Ready', status: 'False', reason: 'Down' }, now);
    expect(changed).toEqual({
      type: 'Ready',
      status: 'False',
      reason: 'Down',
      lastTransitionTime: '2026-02-03T04:05:06Z',
    });
    const [reworded] = setCondition([ready], { type: 'Ready', status: 'True', reason: 'StillUp' }, now);
    expect(reworded).toEqual({ ...ready, reason: 'StillUp' });
  });

  test('the same array comes back when nothing changed', () => {
    const conditions = [ready, paused];
    expect(mergeConditions(conditions, [{ type: 'Paused', status: 'False' }, { ...ready }], now)).toBe(conditions);
    expect(removeCondition(conditions, 'Other')).toBe(conditions);
  });

  test('order is kept, and a merge twice is a merge once', () => {
    const condition = fc.record({
      type: fc.constantFrom('A', 'B', 'C', 'D'),
      status: fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const),
      reason: fc.constantFrom('x', 'y'),
    });
    const list = fc.uniqueArray(condition, { selector: ({ type }) => type });
    fc.assert(
      fc.property(list, list, (before, next) => {
        const once = mergeConditions<Condition>(before, next, now);
        expect(mergeConditions(once, next, new Date(0))).toBe(once);
        expect(once.slice(0, before.length).map(({ type }) => type)).toEqual(before.map(({ type }) => type));
      }),
    );
  });

  test('a timestamp has whole seconds', () => expect(timestamp(now)).toBe('2026-02-03T04:05:06Z'));
});
