import type { SupportContainerType } from '@quickvirt/api';

/** Requests and limits of a container, as Kubernetes quantities. */
export interface ContainerResources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

/** CPU architectures that VMs can have, in Kubernetes' spelling. */
export type Architecture = 'amd64' | 'arm64' | 's390x';

/** What an architecture's machines are when neither the VM nor the KubeVirt CR says. `*` stands for any text. */
export const architectureDefaults: Record<
  Architecture,
  { machineType: string; emulatedMachines: readonly string[]; cpuModel: string; ovmfPath: string }
> = {
  amd64: {
    machineType: 'q35',
    emulatedMachines: ['q35*', 'pc-q35*'],
    cpuModel: 'host-model',
    ovmfPath: '/usr/share/OVMF',
  },
  arm64: {
    machineType: 'virt',
    emulatedMachines: ['virt*'],
    cpuModel: 'host-passthrough',
    ovmfPath: '/usr/share/AAVMF',
  },
  s390x: {
    machineType: 's390-ccw-virtio',
    emulatedMachines: ['s390-ccw-virtio*'],
    cpuModel: 'host-model',
    ovmfPath: '',
  },
};

/**
 * Resources of the containers beside `compute` in a launcher pod, by type. Those that start before the guest have no CPU
 * limit: 15m and 10m, as in KubeVirt, throttle the container runtime's own start of them for seconds (docs/performance.md).
 */
export const supportContainerDefaults: Readonly<Record<SupportContainerType, ContainerResources>> = {
  'container-disk': { requests: { cpu: '1m', memory: '1M' }, limits: { memory: '40M' } },
  'guest-console-log': { requests: { cpu: '5m', memory: '35M' }, limits: { memory: '60M' } },
  'hotplug-disk': { requests: { cpu: '10m', memory: '2M' }, limits: { cpu: '100m', memory: '80M' } },
  virtiofs: { requests: { cpu: '10m', memory: '1M' }, limits: { cpu: '100m', memory: '80M' } },
  vmexport: { requests: { cpu: '100m', memory: '200M' }, limits: { cpu: '1', memory: '1024Mi' } },
  sidecar: { requests: {}, limits: {} },
};

/** CPU models too old to be offered as named models by the node labeller. */
export const obsoleteCpuModels: readonly string[] = [
  '486',
  'Conroe',
  'Opteron_G1',
  'Opteron_G2',
  'athlon',
  'core2duo',
  'coreduo',
  'kvm32',
  'kvm64',
  'n270',
  'pentium',
  'pentium2',
  'pentium3',
  'pentiumpro',
  'phenom',
  'qemu32',
  'qemu64',
];
