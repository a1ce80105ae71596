import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renewalTime } from './certificate-requester.ts';

const DAY_MS = 86_400_000;

describe('renewalTime', () => {
  test('is 2/3 into the life at the latest, and a tenth of it earlier at most', () => {
    const life = { notBefore: new Date(0), notAfter: new Date(30 * DAY_MS) };
    expect(renewalTime(life, 0)).toEqual(new Date(20 * DAY_MS));
    expect(renewalTime(life, 1)).toEqual(new Date(17 * DAY_MS));
  });

  test('always lies within the life', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 400 * DAY_MS }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (lifeMs, random) => {
          const life = { notBefore: new Date(DAY_MS), notAfter: new Date(DAY_MS + lifeMs) };
          const time = renewalTime(life, random);
          expect(time > life.notBefore && time < life.notAfter).toBe(true);
        },
      ),
    );
  });
});
