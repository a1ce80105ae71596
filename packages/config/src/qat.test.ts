import type { PermittedHostDevices } from '@quickvirt/api';
import { describe, expect, test } from '@jest/globals';
import { clusterConfigFrom } from './cluster-config.ts';
import { isPermittedHostDevice } from './permitted-host-devices.ts';

const configWith = (permittedHostDevices: PermittedHostDevices) =>
  clusterConfigFrom({
    metadata: { name: 'kubevirt', namespace: 'kv' },
    spec: { configuration: { permittedHostDevices } },
  });

test('without a section, cards are looked after with these settings', () => {
  expect(clusterConfigFrom(undefined).qat).toEqual({
    enabled: true,
    offer: 'DevicePlugin',
    draDriverName: 'qat.quickvirt.io',
    resourcePrefix: 'qat.intel.com',
    driver: 'vfio-pci',
    physicalFunctions: [],
    resources: [],
    allocation: { policy: 'Packed', samePhysicalFunction: false, sameNumaNode: true },
    denylistConsent: [],
    loadModules: true,
    extraDevices: [],
  });
});

test('addresses and ids are compared in lower case; a rule manages its cards unless it says no', () => {
  const { qat } = configWith({
    qat: {
      physicalFunctions: [{ addresses: ['0000:6B:00.0'] }, { managed: false }],
      extraDevices: [
        {
          family: 'next',
          generation: 6,
          physicalFunction: '8086:ABCD',
          virtualFunction: '8086:ABCE',
          denylisted: true,
        },
      ],
    },
  });
  expect(qat.physicalFunctions).toEqual([{ managed: true, addresses: ['0000:6b:00.0'] }, { managed: false }]);
  expect(qat.extraDevices).toEqual([
    {
      family: 'next',
      generation: 6,
      physicalFunction: '8086:abcd',
      virtualFunctions: ['8086:abce'],
      physicalFunctionDrivers: [],
      virtualFunctionDrivers: [],
      services: [],
      maxServices: 3,
      denylisted: true,
    },
  ]);
});

describe('whether guests may ask for a resource', () => {
  const gpu = { pciHostDevices: [{ pciVendorSelector: '10DE:1EB8', resourceName: 'example.org/gpu' }] };
  test.each<[name: string, PermittedHostDevices, resource: string, permitted: boolean]>([
    ['any while none is named', {}, 'a/b', true],
    ['a named one', gpu, 'example.org/gpu', true],
    ['none that is not named', gpu, 'example.org/nic', false],
    ['QAT beside named ones', gpu, 'qat.intel.com/sym-dc', true],
    ['QAT under its own prefix only', { ...gpu, qat: { resourcePrefix: 'q.org' } }, 'qat.intel.com/dc', false],
    ['another name for QAT', { ...gpu, qat: { resources: [{ resourceName: 'a/crypto' }] } }, 'a/crypto', true],
    ['no QAT when it is not looked after', { ...gpu, qat: { enabled: false } }, 'qat.intel.com/dc', false],
  ])('%s', (_, devices, resource, permitted) => {
    expect(isPermittedHostDevice(configWith(devices), resource)).toBe(permitted);
  });
});
