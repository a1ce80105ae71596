import { expect, test } from '@jest/globals';
import type { ApiService } from '@quickvirt/kube';
import { FakeClock } from '@quickvirt/testing';
import { Outage } from './outage.ts';

const service = (status: string | undefined, lastTransitionTime = ''): ApiService =>
  ({
    metadata: {},
    status: { conditions: status === undefined ? [] : [{ type: 'Available', status, lastTransitionTime }] },
  }) as unknown as ApiService;

test('an outage lasts from when it was first seen, whatever the clocks say, until all are within reach', async () => {
  const clock = new FakeClock();
  const outage = new Outage(clock);
  const away = [service('True', '2026-01-01T00:00:00Z'), service('False', '2026-01-01T00:00:01Z')];
  expect(outage.lengthMs([])).toBeUndefined();
  expect(outage.lengthMs([service(undefined)])).toBeUndefined();
  expect(outage.lengthMs(away)).toBe(0);
  await clock.advance(5_000);
  clock.setWallClock(new Date('2020-01-01T00:00:00Z'));
  expect(outage.lengthMs(away)).toBe(5_000);
  // The second one follows.
  expect(outage.lengthMs([service('False', '2026-01-01T00:00:09Z'), ...away])).toBe(5_000);
  expect(outage.lengthMs([service('True')])).toBeUndefined();
  expect(outage.lengthMs(away)).toBe(0);
  await clock.advance(5_000);
  // It was back for a moment that nobody saw.
  expect(outage.lengthMs([service('False', '2026-01-01T00:01:00Z')])).toBe(0);
});
