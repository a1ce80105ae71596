import { expect, test } from '@jest/globals';
import { chosenEdits } from './cdi-edits.ts';

const spec = {
  kind: 'quickvirt.io/device',
  containerEdits: { env: ['COMMON=1'] },
  devices: [
    { name: 'vfio', containerEdits: { deviceNodes: [{ path: '/dev/vfio/vfio' }] } },
    { name: 'vfio-12', containerEdits: { deviceNodes: [{ path: '/dev/vfio/12' }] } },
  ],
};

test('gives the edits of the devices that are named, and those of their specification once', () => {
  expect(chosenEdits([spec], ['quickvirt.io/device=vfio-12', 'quickvirt.io/device=vfio'])).toEqual([
    { env: ['COMMON=1'] },
    { deviceNodes: [{ path: '/dev/vfio/12' }] },
    { deviceNodes: [{ path: '/dev/vfio/vfio' }] },
  ]);
});

test('a device that no specification has is an error', () => {
  expect(() => chosenEdits([spec], ['quickvirt.io/device=gone'])).toThrow('quickvirt.io/device=gone');
});
