import { describe, expect, test } from '@jest/globals';
import type { KubeVirt, VirtualMachineInstanceSpec } from '@quickvirt/api';
import { clusterConfigFrom, featureGateStages } from '@quickvirt/config';
import { defaultVmi } from '../defaults/vmi.ts';
import { validateVmiCreate } from './vmi.ts';

const fresh = { uuid: '0f0e0d0c-0b0a-4908-8706-050403020100', serial: '0f0e0d0c-0b0a-4908-8706-050403020101' };
const allGates: KubeVirt = {
  metadata: { name: 'kubevirt' },
  spec: { configuration: { developerConfiguration: { featureGates: Object.keys(featureGateStages) } } },
};

type Json = Record<string, unknown>;

/** A guest with what is given here in place of what a plain one has. */
function guest(domain: Json = {}, spec: Json = {}): VirtualMachineInstanceSpec {
  const { devices = {}, ...rest } = domain;
  const memory = { guest: '1Gi' };
  return { ...spec, domain: { memory, ...rest, devices } } as unknown as VirtualMachineInstanceSpec;
}

const disk = (more: Json): VirtualMachineInstanceSpec =>
  guest(
    { devices: { disks: [{ name: 'a', disk: { bus: 'virtio' }, ...more }] } },
    { volumes: [{ name: 'a', containerDisk: { image: 'x' } }] },
  );
const volume = (source: Json): VirtualMachineInstanceSpec =>
  guest({ devices: { disks: [{ name: 'a', disk: { bus: 'virtio' } }] } }, { volumes: [{ name: 'a', ...source }] });
const nic = (more: Json, network: Json = { pod: {} }): VirtualMachineInstanceSpec =>
  guest({ devices: { interfaces: [{ name: 'n', ...more }] } }, { networks: [{ name: 'n', ...network }] });

function judge(spec: VirtualMachineInstanceSpec, kubevirt?: KubeVirt) {
  const config = clusterConfigFrom(kubevirt);
  const vmi = defaultVmi({ metadata: { name: 'a', namespace: 'default' }, spec }, { config, fresh });
  const user = { username: 'jane', groups: [] };
  return validateVmiCreate({ operation: 'CREATE', object: vmi, user, config, installNamespace: 'quickvirt' });
}

const found = (spec: VirtualMachineInstanceSpec, kubevirt?: KubeVirt): string[] =>
  judge(spec, kubevirt).causes.map(({ type, field }) => `${type.replace('FieldValue', '')} ${field}`);

describe('the spec of a guest', () => {
  test.each<[string, VirtualMachineInstanceSpec]>([
    ['a plain one', guest()],
    ['a disk of each bus', disk({ disk: { bus: 'scsi' }, serial: 'S_1.+-', cache: 'writeback', io: 'native' })],
    ['NAT with ports', nic({ masquerade: {}, ports: [{ port: 80, protocol: 'TCP', name: 'http' }] })],
    ['EFI with secure boot and SMM', guest({ firmware: { bootloader: { efi: {} } }, features: { smm: {} } })],
    ['dedicated CPUs, counted once', guest({ cpu: { cores: 2, dedicatedCpuPlacement: true } })],
    ['enlightenments with what they need', guest({ features: { hyperv: { synictimer: {}, evmcs: {} } } })],
    ['an ARM machine', guest({}, { architecture: 'arm64' })],
    ['an IBM Z machine', guest({ devices: { watchdog: { name: 'w', diag288: {} } } }, { architecture: 's390x' })],
  ])('%s is admitted', (_what, spec) => expect(found(spec)).toEqual([]));

  test.each<[string, VirtualMachineInstanceSpec, string[]]>([
    ['an unknown architecture', guest({}, { architecture: 'riscv64' }), ['Invalid spec.architecture']],
    ['a machine of another architecture', guest({ machine: { type: 'virt' } }), ['Invalid spec.domain.machine.type']],
    ['a host name that is none', guest({}, { hostname: 'A.b' }), ['Invalid spec.hostname']],
    ['no memory', guest({ memory: undefined }), ['Required ']],
    [
      'pages that do not divide the memory',
      guest({ memory: { guest: '3Mi', hugepages: { pageSize: '2Mi' } } }),
      ['Invalid spec.domain.resources.requests.memory'],
    ],
    [
      'a request beyond its limit',
      guest({ resources: { requests: { cpu: 2 }, limits: { cpu: 1 } } }),
      ['Invalid spec.domain.resources.requests.cpu'],
    ],
    [
      'CPUs counted twice',
      guest({ cpu: { cores: 3, dedicatedCpuPlacement: true }, resources: { limits: { cpu: 2 } } }),
      ['Invalid spec.domain.cpu.dedicatedCpuPlacement'],
    ],
    [
      'an enlightenment without its base',
      guest({ features: { hyperv: { evmcs: {}, vapic: { enabled: false } } } }),
      ['Invalid spec.domain.features.hyperv.domain.features.hyperv.evmcs', 'Required spec.domain.cpu.features'],
    ],
    ['secure boot without SMM', guest({ firmware: { bootloader: { efi: {} } } }), ['Invalid spec.domain']],
    [
      'BIOS on ARM',
      guest({ firmware: { bootloader: { bios: {} } } }, { architecture: 'arm64' }),
      ['NotSupported spec.domain.firmware.bootloader.bios'],
    ],
    ['a disk bus of old', disk({ disk: { bus: 'ide' } }), ['Invalid spec.domain.devices.disks[0].disk.bus']],
    ['a cache mode that is none', disk({ cache: 'warm' }), ['Invalid spec.domain.devices.disks[0].cache']],
    ['a serial with blanks', disk({ serial: 'a b' }), ['Invalid spec.domain.devices.disks[0].serial']],
    [
      'a volume of two kinds',
      volume({ containerDisk: { image: 'x' }, emptyDisk: { capacity: '1Gi' } }),
      ['Invalid spec.volumes[0]'],
    ],
    ['a seed without data', volume({ cloudInitNoCloud: {} }), ['Invalid spec.volumes[0].cloudInitNoCloud']],
    [
      'a seed that is too large',
      volume({ cloudInitNoCloud: { userData: 'x'.repeat(2049) } }),
      ['Invalid spec.volumes[0].cloudInitNoCloud'],
    ],
    [
      'an image path that goes up',
      volume({ containerDisk: { image: 'x', path: '/../x' } }),
      ['Invalid spec.volumes[0].containerDisk'],
    ],
    ['an interface without a binding', nic({}), ['Invalid spec.domain.devices.interfaces[0]']],
    [
      'NAT on another network',
      nic({ masquerade: {} }, { multus: { networkName: 'b' } }),
      ['Invalid spec.domain.devices.interfaces[0].name'],
    ],
    [
      'a MAC address that is none',
      nic({ masquerade: {}, macAddress: 'x' }),
      ['Invalid spec.domain.devices.interfaces[0].macAddress'],
    ],
    [
      'a claim that is not listed',
      guest({ devices: { gpus: [{ name: 'g', claimName: 'c', requestName: 'r' }] } }),
      ['Invalid spec.resourceClaims'],
    ],
    ['two kinds of encryption', guest({ launchSecurity: { sev: {}, snp: {} } }), ['Forbidden spec.launchSecurity']],
    ['a probe without an action', guest({}, { readinessProbe: {} }), ['Required spec.readinessProbe']],
    [
      'a key without a way in',
      guest(
        {},
        { accessCredentials: [{ sshPublicKey: { source: { secret: { secretName: 'k' } }, propagationMethod: {} } }] },
      ),
      ['Invalid spec.accessCredentials[0].sshPublicKey.propagationMethod'],
    ],
  ])('%s is refused, by field', (_what, spec, fields) => expect(found(spec)).toEqual(fields));

  test.each<[string, VirtualMachineInstanceSpec, string]>([
    ['HostDisk', volume({ hostDisk: { path: '/d/x', type: 'Disk' } }), 'Invalid spec.volumes[0]'],
    ['VSOCK', guest({ devices: { autoattachVSOCK: true } }), 'Invalid spec.domain.devices.autoattachVSOCK'],
    ['DownwardMetrics', guest({ devices: { downwardMetrics: {} } }), 'Invalid spec.domain.devices.downwardMetrics'],
    [
      'ReservedOverheadMemlock',
      guest({ memory: { guest: '1Gi', reservedOverhead: {} } }),
      'Invalid spec.domain.memory.reservedOverhead',
    ],
    [
      'EnableVirtioFsStorageVolumes',
      guest(
        { devices: { filesystems: [{ name: 'a', virtiofs: {} }] } },
        { volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'c' } }] },
      ),
      'Invalid spec.domain.devices.filesystems',
    ],
  ])('what gate %s guards is refused without it and admitted with it', (gate, spec, cause) => {
    expect(found(spec)).toEqual([cause]);
    expect(found(spec, allGates)).toEqual([]);
    expect(judge(spec).causes[0]?.message).toContain(gate);
  });

  test('all problems are told at once, with the nearest word for a misspelt one', () => {
    const spec = {
      ...disk({ cache: 'writebak', bootOrder: 0 }),
      hostname: 'A',
      evictionStrategy: 'LiveMigrat',
    } as never;
    const { causes } = judge(spec);
    expect(causes.map(({ field }) => field).toSorted()).toEqual([
      'spec.domain.devices.disks[0].bootOrder',
      'spec.domain.devices.disks[0].cache',
      'spec.evictionStrategy',
      'spec.hostname',
    ]);
    const messages = causes.map(({ message }) => message).join('\n');
    expect(messages).toContain('Did you mean "writeback"?');
    expect(messages).toContain('Did you mean "LiveMigrate"?');
  });

  test('warns of what is hardly meant', () => {
    expect(judge(guest({ memory: { guest: '16Mi' } })).warnings[0]).toContain('spec.domain.memory.guest');
    expect(judge(volume({ cloudInitNoCloud: { userData: 'x' } })).warnings[0]).toContain('could start from');
    expect(judge(guest()).warnings).toEqual([]);
  });
});
