import { describe, expect, test } from '@jest/globals';
import { isOurWrite, observationsTable } from './observations.ts';

const event = (verb: string, username: string): string => JSON.stringify({ verb, user: { username } });

test.each([
  [true, 'patch', 'system:serviceaccount:quickvirt:virt-controller'],
  [true, 'delete', 'system:serviceaccount:quickvirt:virt-api'],
  [false, 'get', 'system:serviceaccount:quickvirt:virt-controller'],
  [false, 'patch', 'system:serviceaccount:other:virt-controller'],
  [false, 'create', 'system:kube-scheduler'],
])('%s: %s by %s is a write of ours', (expected, verb, username) => {
  expect(isOurWrite(event(verb, username))).toBe(expected);
});

describe('observationsTable', () => {
  const one = {
    count: 1024,
    heapBytes: { idle: 10 * 2 ** 20, running: 40 * 2 ** 20, after: 11 * 2 ** 20 },
    writesWhileRunning: { seconds: 10, writes: 0 },
    writesAfterwards: { seconds: 30, writes: 2 },
    restarts: { 'virt-controller': 1, 'virt-api': 0 },
  };

  test('tells what one machine needs, what was written in silence, and who was started again', () => {
    const table = observationsTable([one]);
    expect(table).toContain('| 10.0 / 40.0 / 11.0 |');
    expect(table).toContain('one machine | 30.0 |');
    expect(table).toContain('| 0 in 10 s |');
    expect(table).toContain('| 2 in 30 s |');
    expect(table).toContain('virt-api | 1, 0 |');
  });

  test('says so where a heap could not be read', () => {
    expect(observationsTable([{ ...one, heapBytes: { ...one.heapBytes, running: undefined } }])).toContain(
      'one machine | - |',
    );
  });
});
