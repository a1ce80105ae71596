import { describe, expect, test } from '@jest/globals';
import type { PermittedHostDevices, QatConfiguration } from '@quickvirt/api';
import { hostDeviceRules, hostDeviceWarnings } from './permitted-host-devices.ts';

const crWith = (permittedHostDevices: PermittedHostDevices) => ({
  metadata: { name: 'kubevirt' },
  spec: { configuration: { permittedHostDevices } },
});
const refused = (qat: object) =>
  hostDeviceRules(crWith({ qat: qat as QatConfiguration })).map(
    ({ type, field }) =>
      `${type.replace('FieldValue', '')} ${field.replace('spec.configuration.permittedHostDevices.qat', '')}`,
  );

test('what suits a card is taken', () => {
  expect(
    refused({
      offer: 'DRA',
      driver: 'qat_vfio_pci',
      resourcePrefix: 'q.example.org',
      physicalFunctions: [
        { addresses: ['0000:6B:00.0', '10000:00:01.0'], services: ['sym', 'dc'] },
        { families: ['6xxx'], services: ['sym', 'dc', 'decomp'] },
        { generations: [2], managed: false },
        { families: ['stand-in'], services: ['dcc'] },
      ],
      resources: [{ resourceName: 'example.org/crypto', services: ['sym'], families: ['4xxx'] }],
      denylistConsent: ['c62x', 'stand-in'],
      extraDevices: [
        { family: 'stand-in', generation: 4, physicalFunction: '8086:5845', virtualFunction: '8086:5845' },
      ],
      allocation: { policy: 'Spread' },
    }),
  ).toEqual([]);
});

test.each<[string, object, string[]]>([
  [
    'an address that is none',
    { physicalFunctions: [{ addresses: ['6b:00.0'] }] },
    ['Invalid .physicalFunctions[0].addresses[0]'],
  ],
  [
    'an unknown service',
    { physicalFunctions: [{ services: ['sim'] }] },
    ['NotSupported .physicalFunctions[0].services[0]'],
  ],
  [
    'an unknown family',
    { physicalFunctions: [{ families: ['4xx'] }] },
    ['NotSupported .physicalFunctions[0].families[0]'],
  ],
  [
    'services of a card that has one fixed set',
    { physicalFunctions: [{ families: ['c62x'], services: ['sym'] }] },
    ['Invalid .physicalFunctions[0].services'],
  ],
  [
    'too many services',
    { physicalFunctions: [{ generations: [4], services: ['sym', 'asym', 'dc'] }] },
    ['Invalid .physicalFunctions[0].services'],
  ],
  [
    'dcc with another',
    { physicalFunctions: [{ services: ['dcc', 'sym'] }] },
    ['Invalid .physicalFunctions[0].services'],
  ],
  [
    'a resource name without domain',
    { resources: [{ resourceName: 'crypto' }] },
    ['Invalid .resources[0].resourceName'],
  ],
  ['consent to what is not known', { denylistConsent: ['c26x'] }, ['NotSupported .denylistConsent[0]']],
  [
    'a family twice, and one without a name',
    {
      extraDevices: [{ family: 'a' }, { family: 'a' }, { family: '' }].map((device) => ({
        ...device,
        generation: 4,
        physicalFunction: '8086:0001',
        virtualFunction: '8086:0002',
      })),
    },
    ['Duplicate .extraDevices[1].family', 'Required .extraDevices[2].family'],
  ],
])('%s is refused', (_, qat, causes) => expect(refused(qat)).toEqual(causes));

describe('a warning tells of', () => {
  test.each<[string, PermittedHostDevices, RegExp]>([
    [
      'a selector that matches nothing',
      { pciHostDevices: [{ pciVendorSelector: '8086', resourceName: 'a/b' }] },
      /write vendor:device/,
    ],
    [
      'a name that the kubelet refuses',
      { pciHostDevices: [{ pciVendorSelector: '8086:4941', resourceName: 'b' }] },
      /write domain\/name/,
    ],
    [
      'a whole card instead of a function of it',
      { pciHostDevices: [{ pciVendorSelector: '8086:6F54', resourceName: 'a/b' }] },
      /8086:6f55/,
    ],
    [
      'a rule that hides others',
      { qat: { physicalFunctions: [{ managed: false }, { families: ['c62x'] }] } },
      /put it last/,
    ],
  ])('%s', (_, permitted, message) => {
    expect(hostDeviceWarnings(crWith(permitted))).toEqual([expect.stringMatching(message)]);
  });

  test('nothing when all is well', () => {
    const pciHostDevices = [{ pciVendorSelector: '10DE:1EB8', resourceName: 'nvidia.com/T4' }];
    expect(
      hostDeviceWarnings(crWith({ pciHostDevices, qat: { physicalFunctions: [{ families: ['c62x'] }, {}] } })),
    ).toEqual([]);
    expect(hostDeviceWarnings({ metadata: { name: 'kubevirt' }, spec: {} })).toEqual([]);
  });
});
