/** The nested machine as QEMU's arguments. Pure. */

/** What differs from one boot to the next. */
export interface MachineOptions {
  /** Kernel, initramfs. */
  imagePath: string;
  initramfsPath: string;
  /** On the host: shared with the machine, which may write there. */
  shareFolder: string;
  /** Unix socket on the host that the machine reaches as {@link CONTROL_ADDRESS}. */
  controlSocket: string;
  /** Whether the kernel uses the IOMMU. Debian's does by default. */
  iommu: boolean;
}

/** An SR-IOV function that stands in for a QAT card: an NVMe controller, whose VFs are at offset 1, stride 1, as QAT's 4xxx. */
export interface StandIn {
  id: string;
  /** Of the host bridge, in the BIOS' hexadecimal; the function is at bus + 1. */
  rootBus: number;
  numaNode: number;
  virtualFunctions: number;
}

/** One on each NUMA node: `0000:3d:00.0` and `0000:b1:00.0`. */
const STAND_INS: readonly StandIn[] = [
  { id: 'pf0', rootBus: 0x3c, numaNode: 0, virtualFunctions: 32 },
  { id: 'pf1', rootBus: 0xb0, numaNode: 1, virtualFunctions: 16 },
];

/** Where QEMU's user network puts the host's loopback address. Source: QEMU's documentation of `-netdev user`. */
export const HOST_ADDRESS = '10.0.2.2';
/** Where the machine reaches the control socket. */
export const CONTROL_ADDRESS = { host: '10.0.2.100', port: 7001 } as const;

const MIB_PER_NUMA_NODE = 1536;

/** All arguments of `qemu-system-x86_64`. Always by TCG: a hypervisor in a hypervisor is not to be had everywhere. */
export function machineArguments(options: MachineOptions): string[] {
  const shared = (id: string, path: string, more: string): string[] => [
    '-fsdev',
    `local,id=${id},path=${path},security_model=none${more}`,
    '-device',
    `virtio-9p-pci,fsdev=${id},mount_tag=${id},bus=pcie.0`,
  ];
  const forward = `guestfwd=tcp:${CONTROL_ADDRESS.host}:${CONTROL_ADDRESS.port}-chardev:control`;
  return [
    ['-machine', 'q35,kernel-irqchip=split', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2'],
    ['-m', String(2 * MIB_PER_NUMA_NODE), '-nodefaults', '-nographic', '-no-reboot', '-serial', 'stdio'],
    ['-kernel', options.imagePath, '-initrd', options.initramfsPath],
    ['-append', `console=ttyS0 panic=-1 quiet cgroup_no_v1=all intel_iommu=${options.iommu ? 'on' : 'off'}`],
    ['-device', 'intel-iommu,intremap=on,device-iotlb=on'],
    [0, 1].flatMap((node) => [
      '-object',
      `memory-backend-ram,id=memory${node},size=${MIB_PER_NUMA_NODE}M`,
      '-numa',
      `node,nodeid=${node},cpus=${node},memdev=memory${node}`,
    ]),
    STAND_INS.flatMap(standInArguments),
    sharedGroupArguments(),
    ['-chardev', `socket,id=control,path=${options.controlSocket},server=on,wait=off`],
    ['-netdev', `user,id=net,${forward}`, '-device', 'virtio-net-pci,netdev=net,bus=pcie.0,romfile='],
    shared('host', '/', ',readonly=on,multidevs=remap'),
    shared('share', options.shareFolder, ''),
  ].flat();
}

/** Limits as QEMU's documentation of SR-IOV for NVMe asks for: two queues and one interrupt for each function. */
function standInArguments({ id, rootBus, numaNode, virtualFunctions }: StandIn, index: number): string[] {
  const queues = 2 * virtualFunctions;
  const nvme = [
    `nvme,id=${id},serial=${id},subsys=${id}-subsystem,bus=${id}-port,use-intel-id=on`,
    `sriov_max_vfs=${virtualFunctions},sriov_vq_flexible=${queues},sriov_vi_flexible=${virtualFunctions}`,
    `max_ioqpairs=${queues + 2},msix_qsize=${virtualFunctions + 1}`,
  ];
  return [
    '-device',
    `pxb-pcie,id=${id}-bridge,bus=pcie.0,bus_nr=${rootBus},numa_node=${numaNode}`,
    '-device',
    `pcie-root-port,id=${id}-port,bus=${id}-bridge,chassis=${10 + index},slot=0`,
    '-device',
    `nvme-subsys,id=${id}-subsystem,nqn=${id}`,
    '-device',
    nvme.join(','),
  ];
}

/** Two functions behind a PCI bridge, which cannot keep them apart: one IOMMU group for both. */
function sharedGroupArguments(): string[] {
  return [
    '-device',
    'pcie-pci-bridge,id=shared,bus=pcie.0',
    '-device',
    'edu,bus=shared,addr=1',
    '-device',
    'e1000,bus=shared,addr=2,romfile=',
  ];
}
