import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { offerSideOf, type OfferFacts, type OfferSide } from './offer-side.ts';

describe('offerSideOf', () => {
  test.each<[string, OfferFacts, OfferSide | undefined]>([
    ['nobody offers it yet', { wanted: 'DRA', holder: undefined, offeredBy: [] }, 'DRA'],
    ['it stays where it is', { wanted: 'DRA', holder: undefined, offeredBy: ['DRA'] }, 'DRA'],
    ['the other side must stop first', { wanted: 'DRA', holder: undefined, offeredBy: ['DevicePlugin'] }, undefined],
    ['a pod has it', { wanted: 'DRA', holder: 'DevicePlugin', offeredBy: ['DevicePlugin'] }, 'DevicePlugin'],
    ['a pod has it, after a restart', { wanted: 'DRA', holder: 'DevicePlugin', offeredBy: [] }, 'DevicePlugin'],
    ['a pod has it, another is told', { wanted: 'DRA', holder: 'DevicePlugin', offeredBy: ['DRA'] }, undefined],
  ])('%s', (_, facts, side) => expect(offerSideOf(facts)).toBe(side));

  test('never do both sides offer a device, and none is offered by the side that did not give it away', () => {
    type Step = 'plugin looks' | 'dra looks' | 'switch' | 'plugin pod' | 'claim' | 'free' | 'restart';
    const steps: Step[] = ['plugin looks', 'dra looks', 'switch', 'plugin pod', 'claim', 'free', 'restart'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 60 }), (run) => {
        const offered = new Set<OfferSide>();
        let wanted: OfferSide = 'DevicePlugin';
        let holder: OfferSide | undefined;
        const look = (side: OfferSide) => {
          if (offerSideOf({ wanted, holder, offeredBy: [...offered] }) === side) offered.add(side);
          else offered.delete(side);
        };
        const give = (side: OfferSide) => {
          // Only what is offered is given to pods, and only what nobody has.
          if (holder === undefined && offered.has(side)) holder = side;
        };
        for (const step of run) {
          if (step === 'plugin looks') look('DevicePlugin');
          else if (step === 'dra looks') look('DRA');
          else if (step === 'switch') wanted = wanted === 'DRA' ? 'DevicePlugin' : 'DRA';
          else if (step === 'plugin pod') give('DevicePlugin');
          else if (step === 'claim') give('DRA');
          else if (step === 'free') holder = undefined;
          // The kubelet drops a plugin's devices with its socket; slices stay.
          else offered.delete('DevicePlugin');
          expect(offered.size).toBeLessThan(2);
          if (holder !== undefined) expect([...offered].filter((side) => side !== holder)).toEqual([]);
        }
        // Once nothing changes any more, the wanted side has it after each side looked twice.
        holder = undefined;
        for (const side of ['DevicePlugin', 'DRA', 'DevicePlugin', 'DRA'] as const) look(side);
        expect([...offered]).toEqual([wanted]);
      }),
    );
  });
});
