import { describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance } from '@quickvirt/api';
import { backOffLeftMs, backOffSeconds, startFailureAfter } from './start-failure.ts';

const now = new Date('2026-08-01T00:00:00Z');

function ended(uid: string, phases: 'Running'[] = []): VirtualMachineInstance {
  const phaseTransitionTimestamps = phases.map((phase) => ({ phase }));
  return {
    metadata: { uid },
    spec: { domain: { devices: {} } },
    status: { phase: 'Failed', phaseTransitionTimestamps },
  };
}

describe('starts that fail', () => {
  test.each([
    [1, 0, 10],
    [1, 1, 15],
    [2, 0, 40],
    [3, 0.5, 113],
    [6, 0, 300],
    [100, 1, 300],
  ])('after %i in a row, with jitter %d, the next waits %i s', (failures, jitter, seconds) => {
    expect(backOffSeconds(failures, jitter)).toBe(seconds);
  });

  const previous = { consecutiveFailCount: 1, lastFailedVMIUID: 'first', retryAfterTimestamp: '2026-08-01T00:00:10Z' };
  const facts = { strategy: 'Always' as const, previous, jitter: 0, now };

  test('are counted once an instance', () => {
    expect(startFailureAfter({ ...facts, vmi: ended('first') })).toBe(previous);
    expect(startFailureAfter({ ...facts, vmi: ended('second') })).toEqual({
      consecutiveFailCount: 2,
      lastFailedVMIUID: 'second',
      retryAfterTimestamp: '2026-08-01T00:00:40Z',
    });
  });

  test('are forgotten once a guest ran, or when the strategy does not restart', () => {
    expect(startFailureAfter({ ...facts, vmi: ended('second', ['Running']) })).toBeUndefined();
    expect(startFailureAfter({ ...facts, strategy: 'Manual', vmi: ended('second') })).toBeUndefined();
  });

  test('are remembered while there is no instance', () => {
    expect(startFailureAfter({ ...facts, vmi: undefined })).toBe(previous);
  });
});

test('a retry that a wrong clock put beyond every back-off holds nobody up', () => {
  const at = (retryAfterTimestamp: string) => backOffLeftMs({ retryAfterTimestamp }, new Date('2026-08-01T00:00:00Z'));
  expect(at('2026-08-01T00:05:00Z')).toBe(300_000);
  expect(at('2026-08-01T01:00:00Z')).toBe(0);
  expect(at('2099-01-01T00:00:00Z')).toBeGreaterThan(86_400_000);
});
