import { tryParseQuantity, type VirtualMachineInstance, wholeUnits } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { type Context, contextOf } from './context.ts';

const MiB = 1024n * 1024n;

/** One line of the model: what needs memory beyond the guest's RAM, and how much. */
export interface OverheadLine {
  what: string;
  bytes: bigint;
}

/**
 * Memory that the compute container needs beyond the guest's RAM, line by line. The container's cgroup is charged for
 * all of it, and the OOM killer takes QEMU when it is short: so each line is what was measured plus a quarter at least.
 * What counts is what the kernel cannot drop: anonymous memory, page tables, kernel stacks. Files of programs are within
 * the sum, too, as far as no other pod shares them (PSS).
 *
 * Measured by `npm run bench -- overhead` (testdata/memory-overhead.measured.json; docs/performance.md) with guests that touch
 * their RAM and keep all disks busy.
 */
export function memoryOverheadLines(context: Context): OverheadLine[] {
  const { vmi, vcpus, config, emulated } = context;
  const { domain } = vmi.spec;
  const { devices } = domain;
  const guestBytes = guestMemoryBytes(context);
  const further = furtherDevices(context);
  const lines: (OverheadLine | false)[] = [
    // 21.6 MiB measured.
    { what: 'virt-launcher', bytes: 27n * MiB },
    // 5 MiB measured after a guest's start; devices that are plugged in later add to it.
    { what: 'libvirtd', bytes: 10n * MiB },
    // 5 MiB measured in a pod's cgroup: slabs, sockets.
    { what: 'kernel memory', bytes: 6n * MiB },
    // 25 MiB measured with one vCPU, two disks and no graphics.
    { what: 'QEMU', bytes: 32n * MiB },
    // 1.1 MiB measured; as much again for what each adds to a restart.
    { what: `${vcpus} vCPUs`, bytes: BigInt(vcpus) * 2n * MiB },
    // 1.2 MiB measured for a disk, 1.1 for a NIC, 1.4 for others.
    { what: `${further} further devices`, bytes: BigInt(further) * 2n * MiB },
    // While firmware and kernel find their devices, QEMU keeps its map of the guest's memory before each change until all its
    // threads have let go of it: 21 MiB measured where they do so soon, several times that on a machine with ten times the
    // work it can do.
    { what: 'restart of the guest', bytes: 16n * MiB },
    // 8 bytes for each page of 4 KiB: once for QEMU's own mapping, and with KVM once more for the guest's.
    { what: 'page tables', bytes: (guestBytes / 512n) * (emulated ? 1n : 2n) },
    // The run, socket and console volumes live in memory.
    { what: 'files in memory', bytes: 6n * MiB },
    emulated && { what: 'translation buffer', bytes: 32n * MiB },
    // 4 MiB measured with a console of text; a guest may draw on all 16 MiB of the device.
    devices.autoattachGraphicsDevice !== false && { what: 'video memory', bytes: 16n * MiB },
    // 1.1 MiB measured for two.
    domain.ioThreadsPolicy !== undefined && { what: 'I/O threads', bytes: 4n * MiB },
    // 10.4 MiB measured: code and variables of OVMF, which QEMU holds in memory.
    usesOvmf(context) && { what: 'UEFI flash', bytes: 13n * MiB },
    // AAVMF maps two 64 MiB flash images.
    vmi.spec.architecture === 'arm64' && { what: 'UEFI flash', bytes: 128n * MiB },
    ...vfioLines(context, guestBytes),
    devices.downwardMetrics !== undefined && { what: 'downward metrics', bytes: 1n * MiB },
    devices.tpm !== undefined && devices.tpm.enabled !== false && { what: 'TPM', bytes: 32n * MiB },
    domain.launchSecurity !== undefined && { what: 'encrypted guest', bytes: 256n * MiB },
    usesPasst(context) && { what: 'passt', bytes: 250n * MiB },
    ...probeLines(context),
    {
      what: 'spec.domain.memory.reservedOverhead.addedOverhead',
      bytes: bytesOf(domain.memory?.reservedOverhead?.addedOverhead),
    },
  ];
  const present = lines.filter((line): line is OverheadLine => line !== false && line.bytes > 0n);
  const ratio = config.additionalGuestMemoryOverheadRatio;
  if (ratio === 1) return present;
  const sum = total(present);
  return [...present, { what: `additionalGuestMemoryOverheadRatio ${ratio}`, bytes: times(sum, ratio) - sum }];
}

/** What a VMI's container needs for memory, for people to read: the guest's RAM, then the model line by line. */
export function memoryLines(vmi: VirtualMachineInstance, config: ClusterConfig): OverheadLine[] {
  const context = contextOf(vmi, config, { launcherImage: '' });
  return [{ what: 'guest', bytes: guestMemoryBytes(context) }, ...memoryOverheadLines(context)];
}

/** The sum of the model's lines, in bytes. */
export const memoryOverheadBytes = (context: Context): bigint => total(memoryOverheadLines(context));

/**
 * What a container may use for a moment beyond its request, in bytes: for limits. While firmware and kernel of a guest find
 * their devices, QEMU keeps its map of the guest's memory before each change until all its threads have let go of it. How much
 * that is depends on how long the node lets those threads wait: 21 to 250 MiB measured (docs/performance.md). A limit at
 * the request would end guests that restart on a busy node.
 */
export function restartHeadroomBytes(context: Context): bigint {
  return (128n + BigInt(context.vcpus - 1) * 8n + BigInt(furtherDevices(context)) * 16n) * MiB;
}

const total = (lines: OverheadLine[]): bigint => lines.reduce((sum, { bytes }) => sum + bytes, 0n);

/** Ratios have at most three digits after the point (KubeVirt CR). */
const times = (bytes: bigint, ratio: number): bigint => (bytes * BigInt(Math.round(ratio * 1000)) + 999n) / 1000n;

const bytesOf = (quantity: unknown): bigint => {
  const parsed = tryParseQuantity(quantity);
  return parsed === undefined ? 0n : wholeUnits(parsed);
};

/** RAM that the guest starts with, in bytes. */
export function guestMemoryBytes({ vmi }: Pick<Context, 'vmi'>): bigint {
  const { memory, resources } = vmi.spec.domain;
  return bytesOf(memory?.guest ?? resources?.requests?.['memory'] ?? resources?.limits?.['memory']);
}

type DeviceContext = Pick<Context, 'vmi' | 'interfaces'>;

/** Disks of the QEMU that was measured: one to start from, one with a seed. */
const MEASURED_DISKS = 2;

/** Devices that QEMU emulates beyond those of every guest. */
function furtherDevices({ vmi, interfaces }: Pick<Context, 'vmi' | 'interfaces'>): number {
  const {
    disks = [],
    inputs = [],
    filesystems = [],
    panicDevices = [],
    rng,
    sound,
    watchdog,
  } = vmi.spec.domain.devices;
  const single = [rng, sound, watchdog].filter((device) => device !== undefined);
  const nics = interfaces.filter(({ sriov }) => sriov === undefined);
  const listed = [inputs, filesystems, panicDevices, single, nics].reduce((sum, { length }) => sum + length, 0);
  return Math.max(0, disks.length - MEASURED_DISKS) + listed;
}

const usesOvmf = ({ vmi }: Pick<Context, 'vmi'>): boolean =>
  vmi.spec.architecture !== 'arm64' && vmi.spec.domain.firmware?.bootloader?.efi !== undefined;

/** True when a device does DMA into guest RAM: all its pages are pinned. */
export const usesVfio = (context: DeviceContext): boolean => gpuCount(context) + functionCount(context) > 0;

const gpuCount = ({ vmi }: DeviceContext): number => vmi.spec.domain.devices.gpus?.length ?? 0;

const functionCount = ({ vmi, interfaces }: DeviceContext): number =>
  (vmi.spec.domain.devices.hostDevices?.length ?? 0) + interfaces.filter(({ sriov }) => sriov !== undefined).length;

/**
 * What passing functions through costs on the pod's account. A function's own memory is the card's, and pinned guest RAM
 * is guest RAM: what is left are tables. (KubeVirt adds 1 GiB, which is a margin for the limit of locked memory; ours is
 * set by virt-handler.)
 */
function vfioLines(context: DeviceContext, guestBytes: bigint): OverheadLine[] {
  const [gpus, functions] = [gpuCount(context), functionCount(context)];
  if (gpus + functions === 0) return [];
  return [
    // 8 bytes for each page of 4 KiB, when the IOMMU cannot use larger ones.
    { what: 'IOMMU page tables', bytes: guestBytes / 512n },
    // QEMU's state, interrupts and the mapping of regions of some MiB; QAT's are below 1 MiB.
    { what: `${functions} PCI functions`, bytes: BigInt(functions) * 16n * MiB },
    // Page tables of regions of 16 GiB, once for QEMU and once for the guest.
    { what: `${gpus} GPUs`, bytes: BigInt(gpus) * 80n * MiB },
  ];
}

const usesPasst = ({ interfaces }: Context): boolean =>
  interfaces.some(({ passtBinding }) => passtBinding !== undefined);

/** A probe that runs a command in the container starts a process of the launcher's image there. */
function probeLines({ vmi }: Context): OverheadLine[] {
  const probes = [vmi.spec.livenessProbe, vmi.spec.readinessProbe].filter(
    (probe) => probe?.exec !== undefined || probe?.guestAgentPing !== undefined,
  );
  return probes.length === 0 ? [] : [{ what: 'exec probes', bytes: BigInt(probes.length) * 10n * MiB + 48n * MiB }];
}
