import type { Disk, VirtualMachineInstance, Volume } from '@quickvirt/api';
import { stringify } from 'yaml';
import { samples } from '../../packages/domain-xml/src/testing/samples.ts';
import { ConsoleSession, type Exchange } from './console-session.ts';
import { defaultTimeoutMs, type StepContext } from './step-context.ts';

/** A sample of packages/domain-xml's goldens, booted by the whole product. */
interface GoldenStep {
  /** Its name; the instance gets it, too. */
  sample: string;
  /** What the golden leaves too small for a real guest: UEFI needs more than a BIOS does. */
  memory?: string;
  /** After the login. */
  exchanges?: Exchange[];
  timeoutMs?: number;
}

/** Creates the sample's VMI, waits until one can log in on its console, looks around, and deletes it. */
export async function bootGolden(document: Record<string, unknown>, context: StepContext): Promise<void> {
  const { sample, memory, exchanges = [], timeoutMs = defaultTimeoutMs } = document as unknown as GoldenStep;
  const { kubectl, kubeconfig, namespace, variables } = context;
  const vmi = bootable(sample, variables['guestImage'] ?? '', memory);
  await kubectl.run(['create', '-f', '-'], { input: stringify(vmi) });
  const session = await ConsoleSession.open(kubeconfig, namespace, sample, timeoutMs);
  try {
    await session.run([
      { expect: 'login: ?', timeoutMs },
      { send: 'root' },
      { expect: '# ', timeoutMs: 30_000 },
      ...exchanges,
    ]);
  } finally {
    session.close();
  }
  await kubectl.run(['delete', 'vmi', sample, '--wait=true', '--timeout=60s'], { timeoutMs: 70_000 });
}

/**
 * The sample as a user would write it for a real guest: images that are there, no claims, no network, and a CPU model that
 * the node has. What the sample is about stays.
 */
function bootable(name: string, guestImage: string, memory: string | undefined): VirtualMachineInstance {
  const found = samples.find((one) => one.name === name);
  if (!found) throw new Error(`no sample "${name}"; there are: ${samples.map((one) => one.name).join(', ')}`);
  const { spec } = structuredClone(found.vmi);
  const { domain } = spec;
  const given = domain.devices.disks ?? [];
  const root: Disk = { name: 'root', disk: { bus: 'virtio' }, bootOrder: 1 };
  // Without a disk that it can start from, a guest says nothing.
  const disks = given.some((disk) => disk.name === 'root') ? given : [root, ...given];
  const used = new Set(disks.map((disk) => disk.name));
  const volumes = (spec.volumes ?? []).filter((volume) => used.has(volume.name));
  const { kernelBoot } = domain.firmware ?? {};
  if (kernelBoot?.container) {
    kernelBoot.container = { image: guestImage, kernelPath: '/boot/vmlinuz', initrdPath: '/boot/initrd' };
  }
  if (domain.cpu?.model === 'qemu64') delete domain.cpu.model;
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name, annotations: found.vmi.metadata.annotations },
    spec: {
      ...spec,
      terminationGracePeriodSeconds: 0,
      startStrategy: undefined,
      domain: {
        ...domain,
        memory: memory === undefined ? domain.memory : { ...domain.memory, guest: memory },
        devices: {
          ...domain.devices,
          autoattachPodInterface: false,
          // A tray is empty; every other disk of a sample has a volume.
          disks: disks.filter((disk) => disk.cdrom?.tray !== 'open').map((disk) => onEmptyDisk(disk, volumes)),
        },
      },
      volumes: volumes.map((volume) => replaceable(volume, guestImage)),
    },
  };
}

/** Claims become disks that are made empty. */
function replaceable(volume: Volume, guestImage: string): Volume {
  const { name, containerDisk, persistentVolumeClaim } = volume;
  if (containerDisk) return { name, containerDisk: { image: guestImage } };
  return persistentVolumeClaim ? { name, emptyDisk: { capacity: '64Mi' } } : volume;
}

/** What only a claim can serve is left out of a disk whose claim became a disk of its own. */
function onEmptyDisk(disk: Disk, volumes: readonly Volume[]): Disk {
  const claim = volumes.find((volume) => volume.name === disk.name)?.persistentVolumeClaim;
  if (!claim) return disk;
  const { shareable: _shareable, blockSize, ...rest } = disk;
  return blockSize?.custom ? { ...rest, blockSize } : rest;
}
