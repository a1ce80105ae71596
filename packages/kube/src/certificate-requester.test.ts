import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FakeClock } from '@quickvirt/testing';
import { renewalTime, sleepUntil } from './certificate-requester.ts';

const DAY_MS = 86_400_000;

describe('renewalTime', () => {
  test('is 2/3 into the life at the latest, and a tenth of it earlier at most', () => {
    const life = { notBefore: new Date(0), notAfter: new Date(30 * DAY_MS) };
    expect(renewalTime(life, new Date(0), 0)).toEqual(new Date(20 * DAY_MS));
    expect(renewalTime(life, new Date(0), 1)).toEqual(new Date(17 * DAY_MS));
    // A clock that is behind the signer's.
    expect(renewalTime(life, new Date(-DAY_MS), 0)).toEqual(new Date(20 * DAY_MS));
  });

  test('counts from when it was issued: most of a short one that was dated back is over by then', () => {
    const issuedAt = new Date(300_000);
    const short = { notBefore: new Date(0), notAfter: new Date(330_000) };
    expect(renewalTime(short, issuedAt, 0)).toEqual(new Date(320_000));
  });

  test('is never at once, so that no signer makes us ask without a pause', () => {
    const issuedAt = new Date(300_000);
    for (const notAfter of [new Date(0), issuedAt, new Date(300_100)]) {
      expect(renewalTime({ notBefore: new Date(0), notAfter }, issuedAt, 1)).toEqual(new Date(301_000));
    }
  });

  test('always lies within the life', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2_000, max: 400 * DAY_MS }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (lifeMs, random) => {
          const life = { notBefore: new Date(DAY_MS), notAfter: new Date(DAY_MS + lifeMs) };
          const time = renewalTime(life, life.notBefore, random);
          expect(time > life.notBefore && time < life.notAfter).toBe(true);
        },
      ),
    );
  });
});

test('a clock that is set forward makes it renew within minutes, whatever it slept for', async () => {
  const clock = new FakeClock(new Date('2026-01-01T00:00:00Z'));
  const life = { notBefore: clock.now(), notAfter: new Date(clock.now().getTime() + DAY_MS) };
  const stop = new AbortController();
  const due = renewalTime(life, clock.now(), 0);
  const waiting = sleepUntil(due, clock, stop.signal);
  let isDue = false;
  void waiting.then(() => (isDue = true));
  await clock.advance(3_600_000);
  expect(isDue).toBe(false);
  clock.setWallClock(new Date('2026-01-01T20:00:00Z'));
  await clock.advance(300_000);
  expect(isDue).toBe(true);
  // Set back, a certificate is simply good for longer.
  clock.setWallClock(new Date('2025-12-31T23:58:00Z'));
  isDue = false;
  const again = sleepUntil(due, clock, stop.signal).then(() => (isDue = true));
  await clock.advance(3_600_000);
  expect(isDue).toBe(false);
  stop.abort(new Error('the test is over'));
  await expect(again).rejects.toThrow('the test is over');
});
