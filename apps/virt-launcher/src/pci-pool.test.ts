import { describe, expect, test } from '@jest/globals';
import type { VirtualMachineInstance } from '@quickvirt/api';
import fc from 'fast-check';
import { FieldError } from './field-error.ts';
import { assignFunctions, type GivenFunctions } from './pci-pool.ts';

const CY = 'qat.intel.com/cy';

function vmiWith(hostDevices: [string, string?][], gpus: [string, string][] = []): VirtualMachineInstance {
  const named = (list: [string, string?][]) => list.map(([name, deviceName]) => ({ name, deviceName }));
  return {
    metadata: { name: 'a', namespace: 'default' },
    spec: { domain: { devices: { hostDevices: named(hostDevices), gpus: named(gpus) } } },
  };
}

function given(
  variables: Record<string, string>,
  other: Partial<Record<'present' | 'plugged' | 'claimed', Record<string, string>>> = {},
): GivenFunctions {
  const map = (from: Record<string, string> = {}) => new Map(Object.entries(from));
  return { variables, present: map(other.present), plugged: map(other.plugged), claimed: map(other.claimed) };
}

const assigned = (vmi: VirtualMachineInstance, from: GivenFunctions) => Object.fromEntries(assignFunctions(vmi, from));

describe('which function a device is', () => {
  test.each<[string, [string, string?][], GivenFunctions, Record<string, string>]>([
    [
      'the plugin’s, in its order',
      [
        ['a', CY],
        ['b', CY],
      ],
      given({ PCI_RESOURCE_QAT_INTEL_COM_CY: '0000:3d:02.2,0000:3d:01.0' }),
      { a: '0000:3d:02.2', b: '0000:3d:01.0' },
    ],
    [
      'each resource’s own',
      [
        ['a', 'qat.intel.com/sym-dc'],
        ['b', CY],
      ],
      given({ PCI_RESOURCE_QAT_INTEL_COM_SYM_DC: '0000:6b:00.1', PCI_RESOURCE_QAT_INTEL_COM_CY: '0000:3d:01.0' }),
      { a: '0000:6b:00.1', b: '0000:3d:01.0' },
    ],
    [
      'KubeVirt’s plugin keeps dashes',
      [['a', 'qat.intel.com/sym-dc']],
      given({ 'PCI_RESOURCE_QAT_INTEL_COM_SYM-DC': '0000:6b:00.1' }),
      { a: '0000:6b:00.1' },
    ],
    [
      'the SR-IOV network plugin’s',
      [['a', 'intel.com/qat_vf']],
      given({ PCIDEVICE_INTEL_COM_QAT_VF: '0000:6B:00.1', PCIDEVICE_INTEL_COM_QAT_VF_INFO: '{}' }),
      { a: '0000:6b:00.1' },
    ],
    [
      'Intel’s plugin',
      [
        ['a', CY],
        ['b', CY],
      ],
      given({ QAT0: '0000:3d:01.0', QAT1: '0000:3d:01.1', QAT3: '0000:3d:01.3' }),
      { a: '0000:3d:01.0', b: '0000:3d:01.1' },
    ],
    [
      'Intel’s beside another resource',
      [
        ['a', CY],
        ['b', 'example.org/x'],
      ],
      given({ QAT0: '0000:3d:01.0', PCI_RESOURCE_EXAMPLE_ORG_X: '0000:05:00.0' }),
      { a: '0000:3d:01.0', b: '0000:05:00.0' },
    ],
    [
      'what it is in the running guest, whatever its place in the list',
      [
        ['new', CY],
        ['b', CY],
      ],
      given({ PCI_RESOURCE_QAT_INTEL_COM_CY: '0000:3d:01.0,0000:3d:01.1' }, { present: { b: '0000:3d:01.0' } }),
      { b: '0000:3d:01.0', new: '0000:3d:01.1' },
    ],
    [
      'an attachment pod’s',
      [
        ['a', CY],
        ['b', CY],
      ],
      given({ PCI_RESOURCE_QAT_INTEL_COM_CY: '0000:3d:01.0' }, { plugged: { a: '0000:da:01.0' } }),
      { a: '0000:da:01.0', b: '0000:3d:01.0' },
    ],
    ['a claim’s', [['a', undefined]], given({}, { claimed: { a: '0000:da:01.0' } }), { a: '0000:da:01.0' }],
  ])('%s', (_name, hostDevices, from, expected) => {
    expect(assigned(vmiWith(hostDevices), from)).toEqual(expected);
  });

  test('GPUs and host devices of one resource share its pool', () => {
    const from = given({ PCI_RESOURCE_EXAMPLE_ORG_X: '0000:05:00.0,0000:06:00.0' });
    expect(assigned(vmiWith([['h', 'example.org/x']], [['g', 'example.org/x']]), from)).toEqual({
      g: '0000:05:00.0',
      h: '0000:06:00.0',
    });
  });

  test.each<[string, GivenFunctions, RegExp]>([
    ['nothing was given', given({}), /hostDevices\[0\].*gave 0 PCI functions.*PCI_RESOURCE_QAT_INTEL_COM_CY/],
    [
      'fewer than asked for',
      given({ PCI_RESOURCE_QAT_INTEL_COM_CY: '0000:3d:01.0' }),
      /hostDevices\[1\].*gave 1 PCI function to/,
    ],
    [
      'the same one twice',
      given({ PCI_RESOURCE_QAT_INTEL_COM_CY: '0000:3d:01.0,0000:3d:01.0' }),
      /hostDevices\[1\].*gave 1/,
    ],
    ['no address', given({ PCI_RESOURCE_QAT_INTEL_COM_CY: '25,/dev/vfio' }), /hostDevices\[0\].*gave 0/],
    [
      'the rest is still in the guest',
      given({ PCI_RESOURCE_QAT_INTEL_COM_CY: '0000:3d:01.0,0000:3d:01.1' }, { present: { gone: '0000:3d:01.0' } }),
      /hostDevices\[1\]/,
    ],
  ])('%s: an error that names the field', (_name, from, message) => {
    const run = () =>
      assignFunctions(
        vmiWith([
          ['a', CY],
          ['b', CY],
        ]),
        from,
      );
    expect(run).toThrow(FieldError);
    expect(run).toThrow(message);
  });

  test('no function is ever two devices’, and each device has one', () => {
    const address = fc.integer({ min: 0, max: 20 }).map((n) => `0000:3d:0${n >> 3}.${n & 7}`);
    const resource = fc.constantFrom(CY, 'example.org/x');
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), resource), { selector: ([name]) => name }),
        fc.uniqueArray(address),
        fc.nat(20),
        (devices, addresses, split) => {
          const from = given({
            PCI_RESOURCE_QAT_INTEL_COM_CY: addresses.slice(0, split).join(','),
            PCI_RESOURCE_EXAMPLE_ORG_X: addresses.slice(split).join(','),
          });
          let result: Map<string, string>;
          try {
            result = assignFunctions(vmiWith(devices), from);
          } catch (error) {
            expect(error).toBeInstanceOf(FieldError);
            return;
          }
          expect(result.size).toBe(devices.length);
          expect(new Set(result.values()).size).toBe(devices.length);
        },
      ),
    );
  });
});
