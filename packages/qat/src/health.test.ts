import { describe, expect, test } from '@jest/globals';
import { acknowledgeErrors } from './health.ts';
import { emptyMemory } from './node-memory.ts';
import type { PciFunction } from './node-facts.ts';
import { takeInventory } from './take-inventory.ts';
import { aCard, aNode, settingsOf } from './testing/facts.ts';

const PF = '0000:6b:00.0';
const ras = (fatal: number) => ({ ras: { correctable: 9, nonfatal: 9, fatal } });
const beating = { heartbeat: { status: 0, queriesSent: 1, queriesFailed: 0 } };
const dead = { heartbeat: { status: -1, queriesSent: 9, queriesFailed: 4 } };
const bound = { numVfs: 2, virtualFunctions: () => ({ driver: 'vfio-pci' }) };

describe('which fatal errors count as dealt with', () => {
  test.each<[string, Record<string, number>, Partial<PciFunction>, Record<string, number>]>([
    ['at first sight all, of a card that answers', {}, { ...ras(3), ...beating }, { [PF]: 3 }],
    ['at first sight all, where no heartbeat can be read', {}, ras(3), { [PF]: 3 }],
    ['at first sight none, of a card that is dead', {}, { ...ras(3), ...dead }, { [PF]: 0 }],
    ['new ones do not', { [PF]: 3 }, ras(5), { [PF]: 3 }],
    ['a reset of the counters ends it', { [PF]: 3 }, ras(1), { [PF]: 1 }],
    ['a card that is down starts anew', { [PF]: 3 }, { ...ras(5), qat: { state: 'down' } }, { [PF]: 5 }],
    ['a card without counters has none', {}, {}, {}],
    ['counters that cannot be read now are remembered', { [PF]: 3 }, {}, { [PF]: 3 }],
  ])('%s', (_, previous, card, expected) => {
    expect(acknowledgeErrors(previous, aCard(card).slice(0, 1))).toEqual(expected);
  });
});

const findingsOf = (card: Parameters<typeof aCard>[0], acknowledged: Record<string, number> = {}) => {
  const { findings, virtualFunctions } = takeInventory(aNode(aCard(card)), settingsOf(), {
    ...emptyMemory,
    acknowledged,
  });
  return { codes: findings.map(({ code }) => code), usable: virtualFunctions.filter(({ usable }) => usable).length };
};

test.each<[string, Parameters<typeof aCard>[0], string[], number]>([
  ['all is well', { ...bound, ...beating }, [], 2],
  ['no heartbeat', { ...bound, ...dead }, ['HeartbeatLost'], 0],
  ['a card that is down is that alone', { ...bound, ...dead, qat: { state: 'down' } }, ['QatPfDown'], 0],
  ['no driver', { ...bound, driver: undefined }, ['QatPfDown'], 0],
  ['another driver', { ...bound, driver: 'vfio-pci' }, ['QatPfDown'], 0],
  ['no debugfs: no heartbeat, and that is all', bound, [], 2],
])('%s', (_, card, codes, usable) => expect(findingsOf(card)).toEqual({ codes, usable }));

test.each([
  [5, 5, []],
  [6, 5, ['FatalErrors']],
])('%i fatal errors of which %i are dealt with', (fatal, acknowledged, codes) => {
  expect(findingsOf({ ...bound, ...ras(fatal) }, { [PF]: acknowledged }).codes).toEqual(codes);
});
