import { describe, expect, test } from '@jest/globals';
import type { Devices, Memory, VirtualMachineInstance } from '@quickvirt/api';
import { lockedMemoryBytes } from './memlock.ts';

const GiB = 1024n ** 3n;
const hostDevices = [{ name: 'qat0', deviceName: 'qat.intel.com/sym-dc' }];

function vmi(devices: Devices, memory: Memory = { guest: '2Gi', maxGuest: '2Gi' }, cores = 2): VirtualMachineInstance {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name: 'a', namespace: 'default' },
    spec: { domain: { devices, memory, cpu: { cores } } },
  };
}

describe('lockedMemoryBytes', () => {
  test.each<[string, VirtualMachineInstance, bigint | undefined]>([
    ['no device that does DMA', vmi({}), undefined],
    ['a host device: guest RAM and 1 GiB, as libvirt reckons', vmi({ hostDevices }), 3n * GiB],
    ['a GPU', vmi({ gpus: [{ name: 'gpu', deviceName: 'nvidia.com/T4' }] }), 3n * GiB],
    ['an SR-IOV interface', vmi({ interfaces: [{ name: 'fast', sriov: {} }] }), 3n * GiB],
    ['no SR-IOV interface', vmi({ interfaces: [{ name: 'default', masquerade: {} }] }), undefined],
    ['memory that can be plugged', vmi({ hostDevices }, { guest: '2Gi', maxGuest: '6Gi' }), 7n * GiB],
    ['memory that can be plugged by default', vmi({ hostDevices }, { guest: '2Gi' }), 9n * GiB],
    ['two devices share the account', vmi({ hostDevices: [...hostDevices, ...hostDevices] }), 3n * GiB],
    [
      'unless the guest has an IOMMU',
      vmi({ hostDevices: [...hostDevices, ...hostDevices] }, { guest: '2Gi', maxGuest: '2Gi' }, 256),
      5n * GiB,
    ],
    [
      'asked for by name, with what is reserved',
      vmi({}, { guest: '2Gi', maxGuest: '2Gi', reservedOverhead: { memLock: 'Required', addedOverhead: '1Gi' } }),
      4n * GiB,
    ],
  ])('%s', (_title, machine, bytes) => expect(lockedMemoryBytes(machine)).toBe(bytes));

  test('counts a device that is being plugged in', () => expect(lockedMemoryBytes(vmi({}), 1)).toBe(3n * GiB));
});
