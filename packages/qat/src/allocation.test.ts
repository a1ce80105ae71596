import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { type AllocatableFunction, type AllocationRules, preferredAllocation } from './allocation.ts';

/** Cards a and b on node 0, c on node 1; `a1` is the second function of a. */
const functions = ['a', 'b', 'c'].flatMap((card, bus) =>
  Array.from({ length: 4 }, (_, index): AllocatableFunction => ({
    pciAddress: `0000:0${bus}:00.${index}`,
    physicalFunction: card,
    numaNode: card === 'c' ? 1 : 0,
  })),
);
const nameOf = (pciAddress: string) => `${'abc'[Number(pciAddress[6])]}${pciAddress.at(-1)}`;
const addressOf = (name: string) => `0000:0${'abc'.indexOf(name[0]!)}:00.${name[1]}`;
const packed: AllocationRules = { policy: 'Packed', samePhysicalFunction: false, sameNumaNode: true };
const spread: AllocationRules = { ...packed, policy: 'Spread' };

function choose(available: string, size: number, rules: AllocationRules, mustInclude = ''): string {
  const list = (names: string) => (names === '' ? [] : names.split(' ').map(addressOf));
  const request = { available: list(available), mustInclude: list(mustInclude), size };
  return preferredAllocation(request, functions, rules).map(nameOf).join(' ');
}

test.each<[string, string, number, AllocationRules, string, string]>([
  ['packed takes what is left of a used card', 'a0 a1 b3 c0 c1', 1, packed, '', 'b3'],
  ['spread takes from the freest card', 'a0 a1 b3 c0 c1 c2', 1, spread, '', 'c0'],
  ['packed fills one card after the other', 'a0 a1 b0 b1 b2', 3, packed, '', 'a0 a1 b0'],
  ['spread goes round', 'a0 a1 a2 b0 b1 b2', 4, spread, '', 'a0 b0 a1 b1'],
  ['one card where one has enough', 'a0 a1 b0 b1 b2', 3, { ...packed, samePhysicalFunction: true }, '', 'b0 b1 b2'],
  ['one card, also when spreading', 'a0 a1 b0 b1 b2', 2, { ...spread, samePhysicalFunction: true }, '', 'b0 b1'],
  ['one NUMA node where one has enough', 'a0 c0 c1', 2, spread, '', 'c0 c1'],
  ['over nodes where none has enough', 'a0 c0 c1', 3, packed, '', 'c0 c1 a0'],
  ['nodes do not matter', 'a0 c0 c1 c2', 2, { ...packed, sameNumaNode: false }, '', 'a0 c0'],
  ['what must be included comes first, and draws the rest to its node', 'a0 b0 c0 c3', 2, packed, 'c3', 'c3 c0'],
  ['what must be included draws the rest to its card', 'a0 a1 a2 b0 b1', 2, packed, 'a2', 'a2 a0'],
  ['all that there is', 'a0 b0', 3, packed, '', 'a0 b0'],
  ['nothing', '', 1, packed, '', ''],
])('%s', (_, available, size, rules, mustInclude, expected) => {
  expect(choose(available, size, rules, mustInclude)).toBe(expected);
});

test('a function that nobody knows can be chosen too', () => {
  expect(preferredAllocation({ available: ['0000:ff:00.0'], mustInclude: [], size: 1 }, [], packed)).toEqual([
    '0000:ff:00.0',
  ]);
});

describe('whatever is asked for', () => {
  const request = fc
    .record({
      available: fc.subarray(functions.map(({ pciAddress }) => pciAddress)),
      must: fc.integer({ min: 0, max: 3 }),
      size: fc.integer({ min: 1, max: 12 }),
      rules: fc.record<AllocationRules>({
        policy: fc.constantFrom('Packed', 'Spread'),
        samePhysicalFunction: fc.boolean(),
        sameNumaNode: fc.boolean(),
      }),
    })
    .map(({ must, ...rest }) => ({ ...rest, mustInclude: rest.available.slice(0, Math.min(must, rest.size)) }));

  test('the answer is of what is available, once each, as many as asked for, with all that must be in it', () => {
    fc.assert(
      fc.property(request, ({ available, mustInclude, size, rules }) => {
        const chosen = preferredAllocation({ available, mustInclude, size }, functions, rules);
        expect(new Set(chosen).size).toBe(chosen.length);
        expect(chosen).toHaveLength(Math.min(size, available.length));
        expect(chosen.every((address) => available.includes(address))).toBe(true);
        expect(mustInclude.every((address) => chosen.includes(address))).toBe(true);
        expect(preferredAllocation({ available: available.toReversed(), mustInclude, size }, functions, rules)).toEqual(
          chosen,
        );
      }),
    );
  });

  test('one NUMA node and one card are enough where they can be', () => {
    fc.assert(
      fc.property(request, ({ available, size, rules }) => {
        const chosen = new Set(preferredAllocation({ available, mustInclude: [], size }, functions, rules));
        const groupsBy = (keyOf: (one: AllocatableFunction) => unknown) => {
          const free = Map.groupBy(
            functions.filter(({ pciAddress }) => available.includes(pciAddress)),
            keyOf,
          );
          const used = new Set(functions.filter(({ pciAddress }) => chosen.has(pciAddress)).map(keyOf));
          return { canBeOne: [...free.values()].some((group) => group.length >= size), used: used.size };
        };
        const nodes = groupsBy(({ numaNode }) => numaNode);
        if (rules.sameNumaNode && nodes.canBeOne) expect(nodes.used).toBe(1);
        const cards = groupsBy(({ physicalFunction }) => physicalFunction);
        if (rules.samePhysicalFunction && !rules.sameNumaNode && cards.canBeOne) expect(cards.used).toBe(1);
      }),
    );
  });
});
