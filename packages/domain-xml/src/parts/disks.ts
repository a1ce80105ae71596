import type { Disk, DiskBus } from '@quickvirt/api';
import { pciAddress } from '../address.ts';
import { ConversionError } from '../conversion-error.ts';
import { isEnabled, type Context } from '../context.ts';
import { element, type Element } from '../element.ts';
import type { DiskVolumeFacts } from '../facts.ts';
import { hasModernLibvirt } from '../libvirt-version.ts';
import { busOf } from './disk-bus.ts';
import { iommuAttribute } from './iommu.ts';
import { ioThreadOf, ioThreadPool } from './io-threads.ts';

/** Every disk, lun and cdrom whose volume is in the pod, in the order of the VMI. */
export function disks(context: Context): Element[] {
  const names = new TargetNames(context);
  let scsiUnit = 0;
  return (context.devices.disks ?? []).flatMap((disk, index) => {
    const bus = busOf(context, disk);
    const target = names.of(disk, bus);
    const unit = bus === 'scsi' ? scsiUnit++ : 0;
    const image = imageOf(context, disk, index);
    if (image === undefined && disk.cdrom === undefined) return [];
    return [diskElement(context, disk, { bus, target, unit, image })];
  });
}

interface Placement {
  bus: DiskBus;
  target: string;
  unit: number;
  image: DiskVolumeFacts | undefined;
}

/** The image behind a disk; undefined for an empty cdrom and for a volume that is not plugged in. */
function imageOf(context: Context, disk: Disk, index: number): DiskVolumeFacts | undefined {
  if (context.volumes[disk.name] === undefined && disk.cdrom !== undefined) return undefined;
  const field = `spec.domain.devices.disks[${index}]`;
  if (context.volumes[disk.name] === undefined) {
    throw new ConversionError(field, `there is no volume ${JSON.stringify(disk.name)} in spec.volumes`);
  }
  if (context.volumes[disk.name]?.memoryDump !== undefined) {
    throw new ConversionError(field, 'a memory dump is written by the launcher and can be no disk of the guest');
  }
  const volume = context.facts.volumes[disk.name];
  if (volume === undefined) {
    throw new ConversionError(field, `volume ${JSON.stringify(disk.name)} was not prepared in the launcher's pod`);
  }
  return volume.kind === 'unplugged' ? undefined : volume;
}

function diskElement(context: Context, disk: Disk, placement: Placement): Element {
  const { bus, image } = placement;
  const type = image?.kind ?? 'file';
  return element(
    'disk',
    {
      type,
      device: deviceOf(disk),
      model: bus === 'virtio' ? context.virtioModel : undefined,
    },
    driver(context, disk, placement),
    image !== undefined && source(context, disk, image),
    image?.backing !== undefined &&
      element(
        'backingStore',
        { type: image.backing.kind },
        element('format', { type: image.backing.format }),
        element('source', { [image.backing.kind === 'block' ? 'dev' : 'file']: image.backing.path }),
      ),
    blockIo(context, disk, image),
    element('target', { dev: placement.target, bus, tray: disk.cdrom?.tray }),
    (isReadonly(disk) || isMetricsDisk(context, disk)) && element('readonly'),
    disk.shareable === true && element('shareable'),
    disk.serial !== undefined && disk.serial !== '' && element('serial', {}, disk.serial),
    disk.bootOrder !== undefined && element('boot', { order: disk.bootOrder }),
    element('alias', { name: `ua-${disk.name}` }),
    address(disk, placement),
  );
}

const deviceOf = (disk: Disk) => (disk.cdrom ? 'cdrom' : disk.lun ? 'lun' : 'disk');

function isReadonly(disk: Disk): boolean {
  return (
    (disk.cdrom !== undefined && disk.cdrom.readonly !== false) ||
    disk.disk?.readonly === true ||
    disk.lun?.readonly === true
  );
}

/** The disk on which guests read metrics of their node. */
const isMetricsDisk = ({ volumes }: Context, disk: Disk) => volumes[disk.name]?.downwardMetrics !== undefined;

function driver(context: Context, disk: Disk, { bus, image }: Placement): Element {
  const metrics = isMetricsDisk(context, disk);
  const cache = image && cacheOf(disk, image);
  const pool = ioThreadPool(context, disk);
  const attributes = {
    name: 'qemu',
    type: image?.format ?? 'raw',
    cache,
    io: image && ioOf(disk, image, cache),
    // A full image stops the guest until someone makes room, rather than handing it write errors.
    error_policy: disk.errorPolicy ?? 'stop',
    discard: metrics || image === undefined ? undefined : 'unmap',
    iothread: pool === undefined ? ioThreadOf(context, disk) : undefined,
    queues: context.devices.blockMultiQueue === true && bus === 'virtio' ? context.topology.vcpus : undefined,
    iommu: bus === 'virtio' ? iommuAttribute(context) : undefined,
  };
  return element('driver', attributes, pool);
}

/**
 * No host page cache where O_DIRECT works, so that an acknowledged write is on the disk; write-through where it does not.
 * What dies with the pod has to survive no crash: `unsafe` saves every flush (a guest's root disk is read and written
 * two to three times as fast, measured in the design's launcher-pod notes, section 1).
 */
function cacheOf(disk: Disk, image: DiskVolumeFacts): string {
  if (disk.cache !== undefined) return disk.cache;
  if (image.diesWithPod) return 'unsafe';
  if (disk.shareable === true) return 'none';
  return image.directIo ? 'none' : 'writethrough';
}

/** Native asynchronous I/O where it never blocks: on block devices and fully allocated files, without the page cache. */
function ioOf(disk: Disk, image: DiskVolumeFacts, cache: string | undefined): string | undefined {
  if (disk.io !== undefined) return disk.io;
  const neverBlocks = image.kind === 'block' || image.preallocated === true;
  return neverBlocks && cache === 'none' ? 'native' : undefined;
}

function source({ facts }: Context, disk: Disk, image: DiskVolumeFacts): Element {
  return element(
    'source',
    { [image.kind === 'block' ? 'dev' : 'file']: image.path },
    disk.lun?.reservation === true &&
      element(
        'reservations',
        { managed: 'no', migration: hasModernLibvirt(facts) ? 'yes' : undefined },
        element('source', { type: 'unix', path: persistentReservationSocket, mode: 'client' }),
      ),
  );
}

/** Where virt-handler's device plugin mounts the socket of qemu-pr-helper in the pod. */
const persistentReservationSocket = '/run/launcher/pr-helper/pr-helper.sock';

function blockIo({ facts }: Context, disk: Disk, image: DiskVolumeFacts | undefined): Element | undefined {
  const { blockSize } = disk;
  const granularity = (bytes: number | undefined) => (hasModernLibvirt(facts) ? bytes : undefined);
  if (blockSize?.custom !== undefined) {
    return element('blockio', {
      logical_block_size: blockSize.custom.logical,
      physical_block_size: blockSize.custom.physical,
      discard_granularity: granularity(blockSize.custom.discardGranularity),
    });
  }
  if (isEnabled(blockSize?.matchVolume) && image?.blockSize !== undefined) {
    return element('blockio', {
      logical_block_size: image.blockSize.logicalBytes,
      physical_block_size: image.blockSize.physicalBytes,
      discard_granularity: granularity(image.blockSize.discardGranularityBytes),
    });
  }
  return undefined;
}

function address(disk: Disk, { bus, unit }: Placement): Element | undefined {
  if (disk.disk?.pciAddress)
    return pciAddress(disk.disk.pciAddress, `spec.domain.devices.disks.${disk.name}.pciAddress`);
  return bus === 'scsi' ? element('address', { type: 'drive', bus: 0, controller: 0, unit }) : undefined;
}

/** vda, vdb, ... for virtio and sda, sdb, ... for the rest; a name that the status holds already stays. */
class TargetNames {
  readonly #taken: Map<string, string>;
  readonly #next = new Map<string, number>();

  constructor(context: Context) {
    const targets = (context.vmi.status?.volumeStatus ?? []).filter(({ target }) => target);
    this.#taken = new Map(targets.map(({ name, target }) => [name, target]));
  }

  of(disk: Disk, bus: DiskBus): string {
    const prefix = bus === 'virtio' ? 'vd' : 'sd';
    const known = this.#taken.get(disk.name);
    if (known?.startsWith(prefix)) return known;
    const taken = new Set(this.#taken.values());
    for (let index = this.#next.get(prefix) ?? 0; ; index++) {
      const name = prefix + letters(index);
      if (taken.has(name)) continue;
      this.#next.set(prefix, index + 1);
      return name;
    }
  }
}

/** a, b, ..., z, aa, ab, ...: how Linux counts disks. */
function letters(index: number): string {
  const rest = Math.floor(index / 26) - 1;
  return (rest >= 0 ? letters(rest) : '') + String.fromCharCode(97 + (index % 26));
}
