import { describe, expect, test } from '@jest/globals';
import { builtInFamilies, familyOf, knownFamilies } from './device-families.ts';
import { settingsOf } from './testing/facts.ts';

test.each([
  ['dh895xcc', 2, '0435', '0443', 'dh895xcc', 'dh895xccvf', true],
  ['dh895xcc', 2, '0435', '0442', 'dh895xcc', 'dh895xccvf', true],
  ['c62x', 2, '37c8', '37c9', 'c6xx', 'c6xxvf', true],
  ['c3xxx', 2, '19e2', '19e3', 'c3xxx', 'c3xxxvf', true],
  ['d15xx', 2, '6f54', '6f55', 'd15xx', 'd15xxvf', false],
  ['200xx', 2, '18ee', '18ef', '200xx', '200xxvf', false],
  ['c4xxx', 3, '18a0', '18a1', 'c4xxx', 'c4xxxvf', false],
  ['4xxx', 4, '4940', '4941', '4xxx', '4xxxvf', false],
  ['401xx', 4, '4942', '4943', '4xxx', '4xxxvf', false],
  ['402xx', 4, '4944', '4945', '4xxx', '4xxxvf', false],
  ['420xx', 4, '4946', '4947', '420xx', '420xxvf', false],
  ['6xxx', 6, '4948', '4949', '6xxx', '6xxxvf', false],
])('%s', (family, generation, card, part, driver, partDriver, denylisted) => {
  const found = familyOf({ vendorDevice: `8086:${card}` }, builtInFamilies);
  expect(found).toMatchObject({ role: 'physical', family: { family, generation, denylisted } });
  expect(found?.family.physicalFunctionDrivers).toEqual([driver]);
  expect(found?.family.virtualFunctionDrivers).toEqual([partDriver]);
  expect(familyOf({ vendorDevice: `8086:${part}` }, builtInFamilies)).toMatchObject({
    role: 'virtual',
    family: { family },
  });
});

test('other devices are none', () => {
  expect(familyOf({ vendorDevice: '10de:1eb8' }, builtInFamilies)).toBeUndefined();
});

describe('one id for both', () => {
  const { config } = settingsOf({
    qat: {
      extraDevices: [{ family: 'nvme', generation: 4, physicalFunction: '8086:5845', virtualFunction: '8086:5845' }],
    },
  });
  const families = knownFamilies(config.extraDevices);
  const id = { vendorDevice: '8086:5845' };
  test.each([
    ['can make virtual ones', { ...id, sriov: {} }, 'physical'],
    ['belongs to one', { ...id, physicalFunction: '0000:3d:00.0' }, 'virtual'],
    ['neither: a nested machine', id, 'virtual'],
  ])('%s', (_, device, role) => expect(familyOf(device, families)?.role).toBe(role));
});

test('the configuration may replace a built-in family', () => {
  const { config } = settingsOf({
    qat: {
      extraDevices: [{ family: '4xxx', generation: 4, physicalFunction: '8086:4940', virtualFunction: '8086:ffff' }],
    },
  });
  const families = knownFamilies(config.extraDevices);
  expect(families).toHaveLength(builtInFamilies.length);
  expect(familyOf({ vendorDevice: '8086:ffff' }, families)?.family.family).toBe('4xxx');
});
