import { describe, expect, test } from '@jest/globals';
import type { HostDevice, VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { hostDeviceRules } from './devices.ts';
import { validateVmiUpdate } from './vmi.ts';

const CY = 'qat.intel.com/cy';

const configWith = (featureGates: string[], enabled = true) =>
  clusterConfigFrom({
    metadata: { name: 'kubevirt' },
    spec: { configuration: { developerConfiguration: { featureGates }, permittedHostDevices: { qat: { enabled } } } },
  });

const fieldsOf = (hostDevices: HostDevice[], config = configWith([])) =>
  hostDeviceRules({ domain: { devices: { hostDevices } } }, 'spec', { config, annotations: {} } as never).map(
    ({ field }) => field,
  );

describe('host devices', () => {
  test('of QAT need no feature gate while nodes look after QAT; others do', () => {
    expect(fieldsOf([{ name: 'a', deviceName: CY }])).toEqual([]);
    expect(fieldsOf([{ name: 'a', deviceName: CY }], configWith([], false))).toEqual([
      'spec.domain.devices.hostDevices',
    ]);
    const both = [
      { name: 'a', deviceName: CY },
      { name: 'b', deviceName: 'example.org/nic' },
    ];
    expect(fieldsOf(both)).toEqual(['spec.domain.devices.hostDevices']);
    expect(fieldsOf(both, configWith(['HostDevices']))).toEqual([]);
  });

  test.each([
    ['0000:00:10.0', []],
    ['10.0', ['spec.domain.devices.hostDevices[0].pciAddress']],
    ['0000:00:3f.0', ['spec.domain.devices.hostDevices[0].pciAddress']],
  ])('at %s', (pciAddress, fields) => expect(fieldsOf([{ name: 'a', deviceName: CY, pciAddress }])).toEqual(fields));
});

describe('host devices of a running guest', () => {
  const vmi = (hostDevices: HostDevice[]): VirtualMachineInstance => ({
    metadata: { name: 'a', namespace: 'default' },
    spec: { domain: { devices: { hostDevices } } },
  });
  const judge = (after: HostDevice[], username: string) =>
    validateVmiUpdate({
      operation: 'UPDATE',
      object: vmi(after),
      old: vmi([{ name: 'a', deviceName: CY }]),
      config: configWith([]),
      user: { username, groups: [] },
      installNamespace: 'quickvirt',
    }).causes.map(({ message }) => message);
  const controller = 'system:serviceaccount:quickvirt:virt-controller';

  test('come and go by virt-controller alone, and stay what they are', () => {
    expect(judge([{ name: 'b', deviceName: CY }], controller)).toEqual([]);
    expect(judge([], controller)).toEqual([]);
    expect(judge([{ name: 'a', deviceName: 'qat.intel.com/dc' }], controller)).toEqual([
      expect.stringContaining('"a" changed'),
    ]);
    expect(judge([], 'jane')).toEqual([expect.stringContaining('change its VirtualMachine instead')]);
  });
});
