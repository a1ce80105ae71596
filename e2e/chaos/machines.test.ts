import { describe, expect, test } from '@jest/globals';
import { requestsFor } from './machines.ts';

describe('requestsFor', () => {
  test('every end state is asked for, each machine is created first', () => {
    const { requests, wishes } = requestsFor(10);
    expect(new Set(wishes.values())).toEqual(new Set(['running', 'stopped', 'deleted']));
    for (const name of wishes.keys()) {
      expect(requests.filter((request) => request.name === name)[0]?.verb).toBe('create');
    }
  });

  test('the wish is what the last request of a machine leaves', () => {
    const { requests, wishes } = requestsFor(7);
    const left = { create: 'running', start: 'running', stop: 'stopped', delete: 'deleted' };
    for (const { name, verb } of requests
      .toReversed()
      .filter((one, index, all) => all.findIndex((other) => other.name === one.name) === index)) {
      expect([name, wishes.get(name)]).toEqual([name, left[verb]]);
    }
  });
});
