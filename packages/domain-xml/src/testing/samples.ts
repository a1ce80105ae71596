import type { Devices, DomainSpec, VirtualMachineInstance, VirtualMachineInstanceSpec } from '@quickvirt/api';
import { clusterConfigFrom, domainConfigFrom, type DomainConfig } from '@quickvirt/config';
import type { DomainFacts } from '../facts.ts';

/** A VMI with facts, and what a golden shows of it. */
export interface Sample {
  name: string;
  vmi: VirtualMachineInstance;
  facts: DomainFacts;
  config: DomainConfig;
  /** Why the libvirt of Debian 12 (9.0 with QEMU 7.2, TCG) cannot define it; absent: it must. */
  refusedBy?: string;
}

interface Wanted {
  domain?: Partial<DomainSpec>;
  devices?: Devices;
  spec?: Partial<VirtualMachineInstanceSpec>;
  annotations?: Record<string, string>;
  status?: VirtualMachineInstance['status'];
  facts?: Partial<DomainFacts>;
  refusedBy?: string;
}

/** The configuration of the samples: emulation, as on the machines that test them. */
export const emulated: DomainConfig = domainConfigFrom(
  clusterConfigFrom({
    metadata: { name: 'kubevirt', namespace: 'quickvirt' },
    spec: { configuration: { developerConfiguration: { useEmulation: true } } },
  }),
);

const disk = (file: string, format: 'raw' | 'qcow2', diesWithPod: boolean) =>
  ({ kind: 'file', path: `/run/launcher/disks/${file}`, format, directIo: true, diesWithPod }) as const;

/** Facts of a pod with one volume of every kind. */
export const sampleFacts: DomainFacts = {
  runDirectory: '/run/launcher',
  libvirtVersion: 9_000_000,
  volumes: {
    root: {
      ...disk('root.qcow2', 'qcow2', true),
      backing: { path: '/volumes/root/disk/disk.img', format: 'raw', kind: 'file' },
    },
    seed: disk('seed.iso', 'raw', true),
    scratch: disk('scratch.qcow2', 'qcow2', true),
    data: { ...disk('data.img', 'raw', false), path: '/volumes/data/disk.img' },
    block: {
      kind: 'block',
      path: '/dev/block',
      format: 'raw',
      directIo: true,
      diesWithPod: false,
      blockSize: { logicalBytes: 512, physicalBytes: 4096, discardGranularityBytes: 4096 },
    },
  },
  taps: {
    default: { deviceName: 'tap0', macAddress: '0a:58:0a:f4:01:17', mtu: 1480, podInterfaceName: 'eth0' },
    second: { deviceName: 'tap676b8bb84ce', macAddress: '0a:58:0a:00:00:64', mtu: 1500 },
  },
  efi: {
    plain: { codePath: '/usr/share/OVMF/OVMF_CODE_4M.fd', varsPath: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
    secureBoot: {
      codePath: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd',
      varsPath: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd',
    },
    sev: { codePath: '/usr/share/OVMF/OVMF_CODE_4M.fd', varsPath: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
    snp: { codePath: '/usr/share/OVMF/OVMF.amdsev.fd' },
  },
};

const volumes: VirtualMachineInstanceSpec['volumes'] = [
  { name: 'root', containerDisk: { image: 'registry.example/guest:1' } },
  { name: 'seed', cloudInitNoCloud: { userData: '#cloud-config' } },
  { name: 'scratch', emptyDisk: { capacity: '1Gi' } },
  { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
  { name: 'block', persistentVolumeClaim: { claimName: 'block' } },
];

/** A VMI as admission leaves it, with the parts that a test is about. */
export function aVmi(wanted: Wanted = {}, name = 'sample'): VirtualMachineInstance {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name, namespace: 'vms', uid: '5d307ca9-b3ef-428c-8861-06e72d69f223', annotations: wanted.annotations },
    spec: {
      architecture: 'amd64',
      volumes,
      ...wanted.spec,
      domain: {
        machine: { type: 'q35' },
        cpu: { cores: 1, sockets: 1, threads: 1, model: 'qemu64' },
        memory: { guest: '128Mi' },
        firmware: { uuid: '0f0e0d0c-0b0a-4908-8706-050403020100' },
        features: { acpi: { enabled: true } },
        ...wanted.domain,
        devices: wanted.domain?.devices ?? wanted.devices ?? {},
      },
    },
    status: wanted.status,
  };
}

const sample = (name: string, wanted: Wanted, config: DomainConfig = emulated): Sample => ({
  name,
  vmi: aVmi(wanted, name),
  facts: { ...sampleFacts, ...wanted.facts },
  config,
  refusedBy: wanted.refusedBy,
});

const virtio = (name: string) => ({ name, disk: { bus: 'virtio' as const } });
const cpu = (more: DomainSpec['cpu']) => ({ cpu: { cores: 1, sockets: 1, threads: 1, model: 'qemu64', ...more } });
const node = {
  cpuSet: [2, 3, 4, 5],
  numaCells: [{ id: 0, cpus: [0, 1, 2, 3, 4, 5, 6, 7], distances: [{ cell: 0, value: 10 }] }],
};
const uuid = '0f0e0d0c-0b0a-4908-8706-050403020100';

/** One sample for each group of fields; together they hold every part of a domain. */
export const samples: Sample[] = [
  sample('minimal', {}),
  sample('disks', {
    devices: {
      disks: [
        { ...virtio('root'), bootOrder: 1 },
        { name: 'seed', disk: {} },
        {
          name: 'scratch',
          disk: { bus: 'scsi' },
          serial: 'S-1',
          cache: 'writeback',
          io: 'threads',
          errorPolicy: 'report',
        },
        { name: 'data', disk: { bus: 'usb' } },
        { ...virtio('block'), blockSize: { matchVolume: { enabled: true } }, shareable: true },
        { name: 'tray', cdrom: { bus: 'sata', tray: 'open' } },
      ],
      blockMultiQueue: true,
    },
  }),
  sample('disk-lun', { devices: { disks: [{ name: 'block', lun: { bus: 'scsi', reservation: true } }] } }),
  sample('disk-custom-block-size', {
    devices: { disks: [{ ...virtio('data'), blockSize: { custom: { logical: 512, physical: 4096 } } }] },
  }),
  sample('disk-pci-address', {
    devices: { disks: [{ name: 'root', disk: { bus: 'virtio', pciAddress: '0000:05:00.0' } }] },
  }),
  sample('disk-unplugged', {
    devices: { disks: [virtio('root'), { name: 'data', disk: { bus: 'scsi' } }] },
    facts: { volumes: { ...sampleFacts.volumes, data: { kind: 'unplugged' } } },
  }),
  sample('io-threads', {
    domain: {
      ioThreadsPolicy: 'auto',
      devices: { disks: [virtio('root'), { ...virtio('data'), dedicatedIOThread: true }] },
    },
  }),
  sample('io-thread-pool', {
    domain: {
      ioThreadsPolicy: 'supplementalPool',
      ioThreads: { supplementalPoolThreadCount: 4 },
      devices: { disks: [virtio('root'), virtio('data')] },
    },
  }),
  sample('interfaces', {
    devices: {
      interfaces: [
        { name: 'default', masquerade: {}, bootOrder: 1, acpiIndex: 101 },
        {
          name: 'second',
          bridge: {},
          model: 'e1000e',
          macAddress: '02-00-00-00-00-0A',
          state: 'down',
          pciAddress: '0000:06:00.0',
        },
      ],
      networkInterfaceMultiqueue: true,
    },
  }),
  sample('host-devices', {
    devices: {
      interfaces: [{ name: 'fast', sriov: {}, bootOrder: 2 }],
      gpus: [{ name: 'gpu', deviceName: 'example.org/vgpu', virtualGPUOptions: { display: { enabled: true } } }],
      hostDevices: [
        { name: 'qat', deviceName: 'qat.intel.com/cy' },
        { name: 'fixed', deviceName: 'qat.intel.com/cy', pciAddress: '0000:00:10.0', romBar: false },
        { name: 'key', deviceName: 'example.org/key' },
      ],
      autoattachGraphicsDevice: true,
    },
    facts: {
      hostDevices: {
        fast: { kind: 'pci', address: '0000:05:02.1' },
        gpu: { kind: 'mdev', uuid: 'aaaaaaaa-0000-4000-8000-000000000001' },
        qat: { kind: 'pci', address: '0000:3d:01.0', numaNode: 0 },
        fixed: { kind: 'pci', address: '0000:3d:01.1', numaNode: 0 },
        key: { kind: 'usb', bus: 1, device: 4 },
      },
    },
  }),
  sample('efi', { domain: { firmware: { uuid, serial: 'F-1', bootloader: { efi: { secureBoot: false } } } } }),
  sample('efi-secure-boot', {
    domain: { firmware: { uuid, bootloader: { efi: {} } }, features: { acpi: {}, smm: { enabled: true } } },
  }),
  sample('kernel-boot', {
    domain: {
      firmware: {
        uuid,
        kernelBoot: { kernelArgs: 'console=ttyS0 <quiet> "x"', container: { image: 'registry.example/kernel:1' } },
      },
    },
    facts: { kernelBoot: { kernelPath: '/kernel-boot/vmlinuz', initrdPath: '/kernel-boot/initrd' } },
  }),
  sample('acpi-tables', {
    domain: { firmware: { uuid, acpi: { slicNameRef: 'scratch' }, bootloader: { bios: { useSerial: true } } } },
    facts: { acpiTables: { scratch: '/config/scratch/slic.bin' } },
  }),
  sample('identity', {
    domain: {
      chassis: { manufacturer: 'Acme', version: 'v3', serial: 'C-1', asset: 'A-1', sku: 'K-1' },
      rebootPolicy: 'Terminate',
    },
    spec: { startStrategy: 'Paused' },
  }),
  sample('clock', {
    domain: {
      clock: {
        timezone: 'Europe/Prague',
        timer: {
          rtc: { tickPolicy: 'catchup', track: 'guest' },
          pit: { tickPolicy: 'delay' },
          kvm: {},
          hpet: { present: false },
          hyperv: {},
        },
      },
    },
  }),
  sample('clock-tsc', {
    domain: cpu({ features: [{ name: 'invtsc' }] }),
    status: { topologyHints: { tscFrequency: 2_400_000_000 } },
  }),
  sample('clock-utc', { domain: { clock: { utc: { offsetSeconds: 3600 } } } }),
  sample('features', {
    domain: {
      features: {
        acpi: { enabled: false },
        apic: { endOfInterrupt: true },
        pvspinlock: { enabled: false },
        kvm: { hidden: true },
        hyperv: {
          relaxed: {},
          vapic: {},
          spinlocks: { spinlocks: 8191 },
          vpindex: {},
          runtime: {},
          synic: {},
          synictimer: { direct: {} },
          reset: {},
          vendorid: { vendorid: 'QuickVirt' },
          frequencies: {},
          reenlightenment: {},
          tlbflush: { direct: {} },
          ipi: {},
          evmcs: { enabled: false },
        },
      },
    },
  }),
  // Those that QEMU takes without KVM.
  sample('features-emulated', {
    domain: {
      features: {
        acpi: {},
        apic: { endOfInterrupt: true },
        pvspinlock: { enabled: false },
        kvm: { hidden: true },
        hyperv: { relaxed: {}, vapic: {}, spinlocks: { spinlocks: 8191 }, vendorid: { vendorid: 'QuickVirt' } },
      },
    },
  }),
  sample('cpu-named', {
    domain: cpu({
      model: 'Haswell-noTSX',
      features: [
        { name: 'aes', policy: 'require' },
        { name: 'svm', policy: 'disable' },
      ],
    }),
  }),
  sample('cpu-hotplug', { domain: cpu({ sockets: 2, cores: 2, maxSockets: 4 }) }),
  sample('cpu-256', { domain: cpu({ sockets: 2, cores: 64, threads: 2 }) }),
  sample('cpu-dedicated', {
    domain: { ...cpu({ cores: 3, dedicatedCpuPlacement: true, isolateEmulatorThread: true }) },
    facts: node,
  }),
  sample('numa', {
    domain: {
      ...cpu({ cores: 2, dedicatedCpuPlacement: true, numa: { guestMappingPassthrough: {} }, realtime: {} }),
      memory: { guest: '128Mi', hugepages: { pageSize: '2Mi' } },
    },
    facts: { ...node, cpuSet: [2, 3] },
  }),
  sample('numa-host-devices', {
    domain: {
      ...cpu({ cores: 4, dedicatedCpuPlacement: true, numa: { guestMappingPassthrough: {} } }),
      memory: { guest: '128Mi', hugepages: { pageSize: '2Mi' } },
      devices: {
        disks: [virtio('root')],
        hostDevices: ['near0', 'far0', 'far1', 'fixed', 'unknown', 'elsewhere'].map((name) => ({
          name,
          deviceName: 'qat.intel.com/cy',
          ...(name === 'fixed' ? { pciAddress: '0000:00:10.0' } : {}),
        })),
      },
    },
    facts: {
      cpuSet: [2, 3, 8, 9],
      numaCells: [
        {
          id: 0,
          cpus: [0, 1, 2, 3],
          distances: [
            { cell: 0, value: 10 },
            { cell: 1, value: 21 },
          ],
        },
        {
          id: 1,
          cpus: [8, 9],
          distances: [
            { cell: 0, value: 21 },
            { cell: 1, value: 10 },
          ],
        },
      ],
      hostDevices: {
        near0: { kind: 'pci', address: '0000:3d:01.0', numaNode: 0 },
        far0: { kind: 'pci', address: '0000:b1:01.0', numaNode: 1 },
        far1: { kind: 'pci', address: '0000:b1:01.1', numaNode: 1 },
        fixed: { kind: 'pci', address: '0000:b1:01.2', numaNode: 1 },
        unknown: { kind: 'pci', address: '0000:b1:01.3' },
        elsewhere: { kind: 'pci', address: '0000:c1:01.3', numaNode: 3 },
      },
    },
  }),
  sample('memory-hotplug', { domain: { memory: { guest: '1Gi', maxGuest: '4Gi' } } }),
  sample('hugepages', { domain: { memory: { guest: '128Mi', hugepages: { pageSize: '2Mi' } } } }),
  sample('virtiofs', {
    devices: { filesystems: [{ name: 'data', virtiofs: {} }] },
    facts: { virtiofsSockets: { data: '/run/launcher/virtiofs/data.sock' } },
  }),
  sample('passt', {
    devices: { interfaces: [{ name: 'default', passtBinding: {}, ports: [{ port: 80 }] }] },
    refusedBy: 'Debian builds libvirt 9.0 without passt',
  }),
  sample('many-devices', {
    devices: {
      rng: {},
      sound: { name: 'sound', model: 'ac97' },
      watchdog: { name: 'dog', i6300esb: { action: 'poweroff' } },
      inputs: [
        { name: 'tablet', type: 'tablet', bus: 'usb' },
        { name: 'pen', type: 'tablet', bus: 'virtio' },
      ],
      panicDevices: [{ model: 'isa' }, { model: 'hyperv' }],
      autoattachVSOCK: true,
      downwardMetrics: {},
      clientPassthrough: {},
      video: { type: 'virtio' },
    },
    status: { VSOCKCID: 3 },
  }),
  sample('few-devices', {
    devices: {
      autoattachGraphicsDevice: false,
      autoattachSerialConsole: false,
      autoattachMemBalloon: false,
      disableHotplug: true,
    },
  }),
  sample('tpm', { devices: { tpm: {} }, refusedBy: 'swtpm is not installed everywhere' }),
  sample('transitional', { devices: { disks: [virtio('root')], rng: {}, useVirtioTransitional: true } }),
  sample('root-complex', {
    devices: { disks: [virtio('root')], interfaces: [{ name: 'default', masquerade: {} }], rng: {} },
    annotations: { 'kubevirt.io/placePCIDevicesOnRootComplex': 'true' },
  }),
  sample('no-pci-hole', { annotations: { 'kubevirt.io/disablePCIHole64': 'true' } }),
  sample('ignition', { facts: { ignitionPath: '/run/launcher/data.ign' } }),
  sample('sev', {
    domain: {
      launchSecurity: { sev: { policy: { encryptedState: true } } },
      firmware: { uuid, bootloader: { efi: { secureBoot: false } } },
    },
    refusedBy: 'SEV needs an AMD CPU with KVM',
  }),
  sample('snp', {
    domain: { launchSecurity: { snp: {} }, firmware: { uuid, bootloader: { efi: { secureBoot: false } } } },
    refusedBy: 'libvirt 10.5 is the first with SEV-SNP',
  }),
  sample('tdx', {
    domain: { launchSecurity: { tdx: {} }, firmware: { uuid, bootloader: { efi: { secureBoot: false } } } },
    facts: { efi: { tdx: { codePath: '/usr/share/OVMF/OVMF.inteltdx.fd' } } },
    refusedBy: 'libvirt 11.9 is the first with TDX',
  }),
  sample(
    'kvm',
    {
      devices: {
        disks: [virtio('root')],
        interfaces: [{ name: 'default', masquerade: {} }],
        networkInterfaceMultiqueue: true,
      },
    },
    { ...emulated, useEmulation: false },
  ),
  sample('arm64', {
    spec: { architecture: 'arm64' },
    domain: {
      machine: { type: 'virt' },
      cpu: { cores: 2, model: 'host-passthrough' },
      devices: { disks: [virtio('root')] },
    },
    refusedBy: 'the image has the emulator of its own architecture only',
  }),
  sample('s390x', {
    spec: { architecture: 's390x' },
    domain: {
      machine: { type: 's390-ccw-virtio' },
      features: { acpi: { enabled: false } },
      devices: { disks: [virtio('root')], watchdog: { name: 'dog', diag288: {} } },
    },
    refusedBy: 'the image has the emulator of its own architecture only',
  }),
];
