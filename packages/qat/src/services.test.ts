import { describe, expect, test } from '@jest/globals';
import { builtInFamilies } from './device-families.ts';
import { capabilityOf, formatServices, parseServices, resourceNameOf, servicesProblem } from './services.ts';
import { settingsOf } from './testing/facts.ts';

test.each([
  [undefined, [], 'generic'],
  ['', [], 'generic'],
  ['sym;asym', ['sym', 'asym'], 'cy'],
  ['asym;sym', ['sym', 'asym'], 'cy'],
  ['dc;sym', ['sym', 'dc'], 'sym-dc'],
  ['asym;dc', ['asym', 'dc'], 'asym-dc'],
  ['dc', ['dc'], 'dc'],
  ['dcc', ['dcc'], 'dcc'],
  ['sym;asym;dc', ['sym', 'asym', 'dc'], 'sym-asym-dc'],
  ['decomp;sym', ['sym', 'decomp'], 'sym-decomp'],
  ['ae;sym', ['sym', 'ae'], 'sym-ae'],
])('%s is read as %j and named %s', (text, services, capability) => {
  expect(parseServices(text)).toEqual(services);
  expect(capabilityOf(services)).toBe(capability);
});

test('what is written is in one order', () => expect(formatServices(['dc', 'sym'])).toBe('sym;dc'));

describe('which card can run what', () => {
  const of = (name: string) => builtInFamilies.find(({ family }) => family === name)!;
  test.each<[string, string[], RegExp | undefined]>([
    ['4xxx', ['sym', 'dc'], undefined],
    ['4xxx', ['dcc'], undefined],
    ['4xxx', [], undefined],
    ['4xxx', ['sym', 'asym', 'dc'], /2 services at most/],
    ['4xxx', ['dcc', 'sym'], /cannot be combined/],
    ['4xxx', ['decomp'], /does not have decomp/],
    ['6xxx', ['sym', 'dc', 'decomp'], undefined],
    ['c62x', ['sym'], /one fixed set/],
    ['c62x', [], undefined],
  ])('%s %j', (family, services, problem) => {
    const found = servicesProblem(services, of(family));
    if (problem) expect(found).toMatch(problem);
    else expect(found).toBeUndefined();
  });
});

test.each([
  ['the prefix and the services', {}, 'qat.intel.com/cy'],
  ['another prefix', { qat: { resourcePrefix: 'q.org' } }, 'q.org/cy'],
  [
    'a name for these services',
    {
      qat: {
        resources: [
          { resourceName: 'a/dc', services: ['dc' as const] },
          { resourceName: 'a/cy', services: ['asym' as const, 'sym' as const] },
        ],
      },
    },
    'a/cy',
  ],
  ['a name for the family', { qat: { resources: [{ resourceName: 'a/x', families: ['4xxx'] }] } }, 'a/x'],
  [
    'not ours: its id has a pool of its own',
    { pciHostDevices: [{ pciVendorSelector: '8086:4941', resourceName: 'intel.com/qat' }] },
    undefined,
  ],
  [
    'not ours: another provider',
    {
      pciHostDevices: [
        { pciVendorSelector: '8086:4941', resourceName: 'qat.intel.com/cy', externalResourceProvider: true },
      ],
    },
    undefined,
  ],
])('a virtual function is offered as %s', (_, permitted, name) => {
  const { config, pciHostDevices } = settingsOf(permitted);
  const part = { vendorDevice: '8086:4941', family: '4xxx', services: ['sym', 'asym'] };
  expect(resourceNameOf(part, config, pciHostDevices)).toBe(name);
});
