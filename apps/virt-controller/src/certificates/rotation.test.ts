import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BACKDATE_MS, planRotation, type AuthorityState, type DatedCertificate } from './rotation.ts';

const HOUR = 3_600_000;
const lifetime = { durationMs: 168 * HOUR, renewBeforeMs: 33 * HOUR };
const T0 = Date.parse('2026-08-01T00:00:00Z');

function certificate(name: string, madeAt: number, durationMs = lifetime.durationMs): DatedCertificate {
  return { certificatePem: name, notBefore: new Date(madeAt - BACKDATE_MS), notAfter: new Date(madeAt + durationMs) };
}

const at = (ms: number) => new Date(T0 + ms);
const first = certificate('first', T0);
const second = certificate('second', T0 + 135 * HOUR);

describe('planRotation', () => {
  test.each<[string, AuthorityState, number, { step: unknown; bundle: unknown }]>([
    [
      'nothing exists',
      { current: undefined, next: undefined, bundle: [] },
      0,
      { step: 'createCurrent', bundle: undefined },
    ],
    [
      'a new CA is published',
      { current: first, next: undefined, bundle: [] },
      0,
      { step: undefined, bundle: ['first'] },
    ],
    ['all is well', { current: first, next: undefined, bundle: [first] }, HOUR, { step: undefined, bundle: undefined }],
    [
      'its last part begins',
      { current: first, next: undefined, bundle: [first] },
      136 * HOUR,
      { step: 'createNext', bundle: undefined },
    ],
    [
      'the next one is trusted beside it',
      { current: first, next: second, bundle: [first] },
      135 * HOUR,
      { step: undefined, bundle: ['first', 'second'] },
    ],
    [
      'the trust spreads',
      { current: first, next: second, bundle: [first, second] },
      135 * HOUR + 60_000,
      { step: undefined, bundle: undefined },
    ],
    [
      'everybody trusts it',
      { current: first, next: second, bundle: [first, second] },
      136 * HOUR,
      { step: 'promoteNext', bundle: undefined },
    ],
    [
      'the old one still counts',
      { current: second, next: undefined, bundle: [first, second] },
      140 * HOUR,
      { step: undefined, bundle: undefined },
    ],
    [
      'the old one has ended',
      { current: second, next: undefined, bundle: [first, second] },
      169 * HOUR,
      { step: undefined, bundle: ['second'] },
    ],
    [
      'it ended while nobody looked',
      { current: first, next: undefined, bundle: [first] },
      500 * HOUR,
      { step: 'createCurrent', bundle: [] },
    ],
    [
      'the next one is all that is left',
      { current: first, next: second, bundle: [second] },
      169 * HOUR,
      { step: 'promoteNext', bundle: undefined },
    ],
  ])('%s', (_what, state, ms, expected) => {
    const { step, bundle } = planRotation(state, lifetime, at(ms));
    expect({ step, bundle }).toEqual(expected);
  });

  test('over years of looks, early and late, what signs is always trusted, and for a while before it signs', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 30 * HOUR }), { minLength: 50, maxLength: 200 });
    fc.assert(
      fc.property(gaps, (delays) => {
        let state: AuthorityState = { current: undefined, next: undefined, bundle: [] };
        let time = T0;
        let made = 0;
        const trustedSince = new Map<string, number>();
        for (const delay of [0, 0, ...delays]) {
          time += delay;
          const plan = planRotation(state, lifetime, new Date(time));
          expect(plan.requeueAfterMs).toBeGreaterThan(0);
          const inForce = (state.current?.notAfter.getTime() ?? 0) > time;
          state = applied(state, plan, () => certificate(`ca-${made++}`, time), time);
          for (const { certificatePem } of state.bundle)
            trustedSince.set(certificatePem, trustedSince.get(certificatePem) ?? time);
          if (plan.step !== 'promoteNext' || !state.current) continue;
          const since = trustedSince.get(state.current.certificatePem) ?? Infinity;
          // When the old one has ended, nothing that it signed is good any more: there is nothing to wait for.
          if (inForce) expect(since).toBeLessThan(time);
          else expect(since).toBeLessThanOrEqual(time);
        }
      }),
    );
  });
});

function applied(
  state: AuthorityState,
  plan: ReturnType<typeof planRotation>,
  make: () => DatedCertificate,
  time: number,
): AuthorityState {
  const known = [state.current, state.next, ...state.bundle].filter((one) => one !== undefined);
  const bundle = plan.bundle
    ? plan.bundle.map((pem) => known.find(({ certificatePem }) => certificatePem === pem) ?? certificate(pem, time))
    : state.bundle;
  if (plan.step === 'createCurrent') return { current: make(), next: undefined, bundle };
  if (plan.step === 'createNext') return { ...state, next: make(), bundle };
  if (plan.step === 'promoteNext') return { current: state.next, next: undefined, bundle };
  return { ...state, bundle };
}
