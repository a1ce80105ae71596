import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { VirtualMachine, VirtualMachineInstanceSpec, VirtualMachinePreferenceSpec } from '@quickvirt/api';
import { expandVm } from './expand.ts';
import { topologyFor } from './cpu-topology.ts';

type Domain = Partial<VirtualMachineInstanceSpec['domain']>;

const aVm = (
  domain: Domain = {},
  spec: Partial<VirtualMachineInstanceSpec> = {},
  more: Partial<VirtualMachine['spec']> = {},
): VirtualMachine => ({
  metadata: { name: 'vm', namespace: 'vms' },
  spec: { runStrategy: 'Always', ...more, template: { spec: { ...spec, domain: { devices: {}, ...domain } } } },
});

const instancetype = { cpu: { guest: 4 }, memory: { guest: '1Gi' } };

function specOf(vm: VirtualMachine, referenced: Parameters<typeof expandVm>[1]): VirtualMachineInstanceSpec {
  const expanded = expandVm(vm, referenced);
  if ('conflicts' in expanded) throw new Error(`conflicts: ${JSON.stringify(expanded.conflicts)}`);
  const { spec } = expanded.vm.spec.template;
  if (spec === undefined) throw new Error('there is no spec');
  return spec;
}

describe('an instance type', () => {
  test('gives CPU, memory and devices, and leaves the VM itself as it was', () => {
    const vm = aVm({ cpu: { features: [{ name: 'aes' }] } });
    const before = structuredClone(vm);
    const { domain } = specOf(vm, {
      instancetype: {
        cpu: { guest: 4, model: 'host-passthrough', dedicatedCPUPlacement: true },
        memory: { guest: '1Gi', hugepages: { pageSize: '2Mi' }, overcommitPercent: 25 },
        gpus: [{ name: 'gpu', deviceName: 'example.org/gpu' }],
      },
    });
    expect(domain.cpu).toEqual({
      sockets: 4,
      cores: 1,
      threads: 1,
      model: 'host-passthrough',
      dedicatedCpuPlacement: true,
      features: [{ name: 'aes' }],
    });
    expect(domain.memory).toEqual({ guest: '1Gi', hugepages: { pageSize: '2Mi' } });
    expect(domain.resources?.requests).toEqual({ memory: '768Mi' });
    expect(domain.devices.gpus).toHaveLength(1);
    expect(vm).toEqual(before);
  });

  test.each<[string, VirtualMachine, string[]]>([
    ['cores', aVm({ cpu: { cores: 2 } }), ['domain.cpu.cores']],
    ['memory', aVm({ memory: { guest: '2Gi' } }), ['domain.memory.guest']],
    [
      'requests',
      aVm({ resources: { requests: { cpu: '1', memory: '1Gi' } } }),
      ['domain.resources.requests.cpu', 'domain.resources.requests.memory'],
    ],
    ['the model', aVm({ cpu: { model: 'host-model' } }), ['domain.cpu.model']],
    ['the node selector', aVm({}, { nodeSelector: { a: 'b' } }), ['nodeSelector']],
  ])('refuses a VM that states %s too, by field', (_what, vm, fields) => {
    const wanted = { ...instancetype, cpu: { guest: 4, model: 'host-passthrough' }, nodeSelector: { c: 'd' } };
    expect(expandVm(vm, { instancetype: wanted })).toEqual({ conflicts: fields.map((field) => ({ field })) });
  });

  test('is named in the template, by the kind of the matcher', () => {
    const names = (kind?: string) => {
      const expanded = expandVm(aVm({}, {}, { instancetype: { name: 'small', kind } }), { instancetype });
      return 'vm' in expanded ? expanded.vm.spec.template.metadata?.annotations : undefined;
    };
    expect(names('VirtualMachineInstancetype')).toEqual({ 'kubevirt.io/instancetype-name': 'small' });
    expect(names()).toEqual({ 'kubevirt.io/cluster-instancetype-name': 'small' });
  });
});

describe('a topology', () => {
  const options = ['sockets', 'cores', 'threads', 'spread', 'any', 'preferSpread'] as const;
  const across = ['SocketsCores', 'CoresThreads', 'SocketsCoresThreads'] as const;

  test('has exactly the vCPUs asked for, or is none', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 512 }),
        fc.constantFrom(...options),
        fc.constantFrom(...across),
        fc.integer({ min: 1, max: 8 }),
        (vcpus, preferredCPUTopology, spreadAcross, ratio) => {
          const topology = topologyFor(vcpus, {
            cpu: { preferredCPUTopology, spreadOptions: { across: spreadAcross, ratio } },
          });
          if (topology === undefined) return;
          const { sockets, cores, threads } = topology;
          expect(sockets * cores * threads).toBe(vcpus);
          expect([sockets, cores, threads].every((count) => Number.isInteger(count) && count > 0)).toBe(true);
        },
      ),
    );
  });

  test('that does not divide is a conflict, not a smaller guest', () => {
    const preference: VirtualMachinePreferenceSpec = { cpu: { preferredCPUTopology: 'spread' } };
    const expanded = expandVm(aVm(), { instancetype: { ...instancetype, cpu: { guest: 3 } }, preference });
    expect(expanded).toEqual({ conflicts: [{ field: 'domain.cpu' }] });
  });
});

describe('a preference', () => {
  const preference: VirtualMachinePreferenceSpec = {
    devices: {
      preferredDiskBus: 'virtio',
      preferredDiskCache: 'writeback',
      preferredCdromBus: 'scsi',
      preferredInterfaceModel: 'e1000e',
      preferredInterfaceMasquerade: {},
      preferredAutoattachGraphicsDevice: false,
      preferredVideoType: 'bochs',
    },
    features: { preferredHyperv: { relaxed: {}, vpindex: {} } },
    firmware: { preferredUseEfi: true, preferredUseSecureBoot: false },
    preferredTerminationGracePeriodSeconds: 5,
  };

  test('fills in what the VM leaves open', () => {
    const vm = aVm(
      {
        devices: {
          disks: [
            { name: 'a', disk: {} },
            { name: 'b', cdrom: {} },
          ],
          interfaces: [{ name: 'default' }],
        },
      },
      { networks: [{ name: 'default', pod: {} }] },
    );
    const { domain, terminationGracePeriodSeconds } = specOf(vm, { preference });
    expect(domain.devices.disks).toEqual([
      { name: 'a', disk: { bus: 'virtio' }, cache: 'writeback' },
      { name: 'b', cdrom: { bus: 'scsi' } },
    ]);
    expect(domain.devices.interfaces).toEqual([{ name: 'default', model: 'e1000e', masquerade: {} }]);
    expect(domain.firmware).toEqual({ bootloader: { efi: { secureBoot: false } } });
    expect(terminationGracePeriodSeconds).toBe(5);
  });

  test('never changes what the VM states', () => {
    const vm = aVm(
      {
        devices: {
          disks: [{ name: 'a', disk: { bus: 'sata' }, cache: 'none' }],
          interfaces: [{ name: 'default', bridge: {}, model: 'virtio' }],
          autoattachGraphicsDevice: true,
          video: { type: 'vga' },
        },
        features: { hyperv: { relaxed: { enabled: false }, vpindex: {} } },
        firmware: { bootloader: { bios: {} } },
      },
      { networks: [{ name: 'default', pod: {} }], terminationGracePeriodSeconds: 0 },
    );
    expect(specOf(vm, { preference })).toEqual(vm.spec.template.spec);
  });

  test('applied twice is applied once', () => {
    const vm = aVm({ devices: { disks: [{ name: 'a', disk: {} }], inputs: [{ name: 'i', type: 'tablet' }] } });
    const once = expandVm(vm, { preference });
    if ('conflicts' in once) throw new Error('a preference has no conflicts');
    expect(expandVm(once.vm, { preference })).toEqual(once);
  });
});
