import { describe, expect, test } from '@jest/globals';
import { draDevice, draDeviceName, pciAddressOfDraDevice } from './dra-device.ts';
import type { VirtualFunction } from './inventory.ts';

const vf = {
  pciAddress: '0000:3d:02.2',
  vendorDevice: '8086:37c9',
  family: 'c62x',
  generation: 2,
  physicalFunction: '0000:3d:00.0',
  index: 10,
  driver: 'vfio-pci',
  wantedDriver: 'vfio-pci',
  groupMembers: [],
  numaNode: 0,
  services: [],
  usable: true,
  findings: [],
} as unknown as VirtualFunction;

describe('draDevice', () => {
  test('says what claims select on', () => {
    expect(draDevice(vf)).toEqual({
      name: 'vf-0000-3d-02-2',
      attributes: {
        'resource.kubernetes.io/pciBusID': { string: '0000:3d:02.2' },
        services: { string: 'generic' },
        generation: { int: 2 },
        family: { string: 'c62x' },
        driver: { string: 'vfio-pci' },
        pf: { string: '0000:3d:00.0' },
        numaNode: { int: 0 },
      },
    });
  });

  test('leaves out what nobody knows, and joins services as the kernel does', () => {
    const nested = { ...vf, physicalFunction: undefined, numaNode: undefined, services: ['sym', 'dc'] };
    const { attributes } = draDevice(nested as VirtualFunction);
    expect(Object.keys(attributes)).not.toContain('pf');
    expect(Object.keys(attributes)).not.toContain('numaNode');
    expect(attributes['services']).toEqual({ string: 'sym;dc' });
  });

  test.each(['0000:3d:02.2', '0001:00:1f.7', '10000:e1:00.0'])('%s is found again by its name', (address) => {
    const name = draDeviceName(address);
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
    expect(pciAddressOfDraDevice(name)).toBe(address);
  });

  test.each(['vf-3d-02-2', 'gpu-0', 'vf-0000-3d-02-8', 'vf-0000-3d-22-1'])('%s is no function', (name) =>
    expect(pciAddressOfDraDevice(name)).toBeUndefined(),
  );
});
