import { describe, expect, test } from '@jest/globals';
import type { VirtualMachine, VirtualMachineInstance, VirtualMachineInstanceSpec } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { unavailableFeatures, unavailableVmFeatures } from './availability.ts';
import { defaultVmi } from './defaults/vmi.ts';

const config = clusterConfigFrom(undefined);
const fresh = { uuid: '0f0e0d0c-0b0a-4908-8706-050403020100', serial: '0f0e0d0c-0b0a-4908-8706-050403020101' };

function vmi(spec: Partial<VirtualMachineInstanceSpec>): VirtualMachineInstance {
  return {
    metadata: { name: 'a', namespace: 'default' },
    spec: { domain: { devices: { autoattachPodInterface: false }, memory: { guest: '128Mi' } }, ...spec },
  };
}

const fieldsOf = (spec: Partial<VirtualMachineInstanceSpec>) =>
  unavailableFeatures(vmi(spec), config).map(({ field }) => field);

describe('unavailableFeatures', () => {
  test('accepts a guest of this release, with all that admission fills in', () => {
    const guest = vmi({
      domain: {
        cpu: { cores: 2 },
        memory: { guest: '128Mi' },
        devices: { autoattachPodInterface: false, disks: [{ name: 'root', disk: { bus: 'virtio' } }] },
      },
      volumes: [
        { name: 'root', containerDisk: { image: 'registry.test/disk:1' } },
        { name: 'seed', cloudInitNoCloud: { secretRef: { name: 'seed' } } },
        { name: 'scratch', emptyDisk: { capacity: '1Gi' } },
      ],
    });
    expect(unavailableFeatures(defaultVmi(guest, { config, fresh }), config)).toEqual([]);
  });

  test.each<[string, Partial<VirtualMachineInstanceSpec>, string[]]>([
    [
      'a volume of another kind, with its position',
      {
        volumes: [
          { name: 'a', containerDisk: { image: 'x' } },
          { name: 'b', dataVolume: { name: 'b' } },
        ],
      },
      ['spec.volumes[1].dataVolume'],
    ],
    ['a probe', { livenessProbe: { guestAgentPing: {} } }, ['spec.livenessProbe']],
    [
      'a device whose presence is its whole wish',
      { domain: { devices: { clientPassthrough: {} } } },
      ['spec.domain.devices.clientPassthrough'],
    ],
    [
      'each of several',
      { accessCredentials: [{}], livenessProbe: { guestAgentPing: {} } },
      ['spec.accessCredentials', 'spec.livenessProbe'],
    ],
  ])('names %s', (_what, spec, fields) => {
    expect(fieldsOf(spec)).toEqual(fields);
  });

  test('serves devices of resource claims', () => {
    const hostDevices = [{ name: 'qat0', claimName: 'crypto', requestName: 'qat' }];
    const spec = { resourceClaims: [{ name: 'crypto', resourceClaimName: 'c' }], domain: { devices: { hostDevices } } };
    expect(fieldsOf(spec)).toEqual([]);
  });

  test.each(['hooks.kubevirt.io/hookSidecars', 'kubevirt.io/ignitiondata'])('names the annotation %s', (name) => {
    const asked = vmi({});
    asked.metadata.annotations = { [name]: '[{"args": ["--version", "v1alpha2"]}]', 'example.org/note': 'x' };
    const causes = unavailableFeatures(asked, config);
    expect(causes).toEqual([expect.objectContaining({ field: 'metadata.annotations' })]);
    expect(causes[0]?.message).toContain(name);
    asked.metadata.annotations[name] = '';
    expect(unavailableFeatures(asked, config)).toEqual([]);
  });

  describe('devices of the node', () => {
    const permitting = clusterConfigFrom({
      metadata: { name: 'kubevirt' },
      spec: {
        configuration: {
          permittedHostDevices: {
            mediatedDevices: [{ mdevNameSelector: 'GRID', resourceName: 'example.org/vgpu' }],
            usb: [{ resourceName: 'example.org/key' }],
          },
        },
      },
    });
    const causesOf = (devices: VirtualMachineInstanceSpec['domain']['devices']) =>
      unavailableFeatures(vmi({ domain: { devices } }), permitting).map(({ field }) => field);

    test('are PCI functions, at an address of the user’s choice', () => {
      const fixed = { pciAddress: '0000:00:10.0', romBar: false };
      expect(causesOf({ hostDevices: [{ name: 'qat0', deviceName: 'qat.intel.com/cy', ...fixed }] })).toEqual([]);
      expect(causesOf({ gpus: [{ name: 'gpu', deviceName: 'example.org/gpu' }] })).toEqual([]);
    });

    test('of other kinds, and two of one name, are not served', () => {
      expect(
        causesOf({
          gpus: [
            { name: 'a', deviceName: 'example.org/vgpu' },
            { name: 'b', deviceName: 'x.org/y', virtualGPUOptions: {} },
          ],
          hostDevices: [
            { name: 'c', deviceName: 'example.org/key' },
            { name: 'a', deviceName: 'qat.intel.com/cy' },
          ],
        }),
      ).toEqual([
        'spec.domain.devices.gpus[1].virtualGPUOptions',
        'spec.domain.devices.gpus[0].deviceName',
        'spec.domain.devices.hostDevices[0].deviceName',
        'spec.domain.devices.hostDevices[1].name',
      ]);
    });
  });

  test('takes what is off, empty or absent for not asked', () => {
    expect(fieldsOf({ networks: [], domain: { devices: { autoattachVSOCK: false, hostDevices: [] } } })).toEqual([]);
  });

  test('tells how to go without a network', () => {
    const networked = vmi({ networks: [{ name: 'default', pod: {} }] });
    expect(unavailableFeatures(networked, config)[0]?.message).toContain('autoattachPodInterface');
  });
});

test('unavailableVmFeatures names what only a VM can ask for', () => {
  const vm: VirtualMachine = {
    metadata: { name: 'a' },
    spec: { template: {}, instancetype: { name: 'x' }, preference: { name: 'y' }, dataVolumeTemplates: [] },
  };
  expect(unavailableVmFeatures(vm).map(({ field }) => field)).toEqual(['spec.instancetype', 'spec.preference']);
});
