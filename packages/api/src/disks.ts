import type { FeatureState } from './features.ts';
import type { EmptyObject, Int32, Integer } from './scalars.ts';

/** Bus that a disk is attached to. */
export type DiskBus = 'virtio' | 'sata' | 'scsi' | 'usb';

/** What an I/O error does. */
export type DiskErrorPolicy = 'stop' | 'ignore' | 'report' | 'enospace';

/** Cache mode of a disk. */
export type DriverCache = 'none' | 'writethrough' | 'writeback';

/** How a disk's I/O is submitted. */
export type DriverIO = 'native' | 'threads';

/** How disks are given I/O threads. */
export type IOThreadsPolicy = 'shared' | 'auto' | 'supplementalPool';

/** State of a CD-ROM tray. */
export type TrayState = 'open' | 'closed';

/**
 * A disk of the guest. Its data comes from the volume of the same name. At most one of `disk`, `lun` and `cdrom` is
 * set.
 */
export interface Disk {
  /** Block sizes that the guest sees. Default: 512 bytes. */
  blockSize?: BlockSize;
  /** Place in the boot order, from 1; no two devices share one. Default: disks boot in the order of the list. */
  bootOrder?: Integer;
  /** Cache mode of the host. Default: `none` where the storage can do direct I/O, else `writethrough`. */
  cache?: DriverCache;
  /** Shows the volume as a CD-ROM drive. */
  cdrom?: CDRomTarget;
  /** Whether changed blocks are tracked for incremental backups; set by QuickVirt. */
  changedBlockTracking?: boolean;
  /** Gives the disk an I/O thread of its own. Default: false. */
  dedicatedIOThread?: boolean;
  /** Shows the volume as a hard disk. This is the default. */
  disk?: DiskTarget;
  /**
   * What an I/O error does: `stop` pauses the guest, `report` tells it, `ignore` hides it, `enospace` pauses only when
   * space ran out. Default: `stop`.
   */
  errorPolicy?: DiskErrorPolicy;
  /** How I/O is submitted: `native` or `threads`. Default: `native` for block devices and preallocated files. */
  io?: DriverIO;
  /** Passes SCSI commands through to the volume's device. */
  lun?: LunTarget;
  /** Name of the disk, and of the volume that holds its data. */
  name: string;
  /** Serial number that the guest sees, at most 256 characters. Default: none. */
  serial?: string;
  /** Lets several guests write the volume at once; the guests must coordinate. Default: false. */
  shareable?: boolean;
  /** Text that the guest finds in its cloud-init metadata with the disk. */
  tag?: string;
}

/** A hard disk. */
export interface DiskTarget {
  /** Bus of the disk. Default: `sata` on amd64, `virtio` elsewhere. */
  bus?: DiskBus;
  /** Address of a virtio disk in the guest, for example `0000:81:01.0`. Default: the next free one. */
  pciAddress?: string;
  /** Whether the guest may only read. Default: false. */
  readonly?: boolean;
}

/** A SCSI device that commands are passed through to. */
export interface LunTarget {
  /** Bus of the device; `scsi` is the only one that passes all commands. Default: `sata` on amd64. */
  bus?: DiskBus;
  /** Whether the guest may only read. Default: false. */
  readonly?: boolean;
  /** Lets the guest make SCSI persistent reservations. Default: false. */
  reservation?: boolean;
}

/** A CD-ROM drive. */
export interface CDRomTarget {
  /** Bus of the drive. Default: `sata` on amd64, `scsi` elsewhere. */
  bus?: DiskBus;
  /** A CD-ROM cannot be written. Default: true. */
  readonly?: boolean;
  /** Whether the tray is open. Default: `closed`. */
  tray?: TrayState;
}

/** Block sizes of a disk. One of the members is set. */
export interface BlockSize {
  /** Block sizes by number. */
  custom?: CustomBlockSize;
  /** Takes the block sizes of the volume's device. */
  matchVolume?: FeatureState;
}

/** Block sizes in bytes. */
export interface CustomBlockSize {
  /** Bytes of the smallest discard. Default: the logical size. */
  discardGranularity?: Integer;
  /** Bytes of a logical block. */
  logical?: Integer;
  /** Bytes of a physical block, not smaller than the logical one. */
  physical?: Integer;
}

/** A pool of I/O threads. */
export interface DiskIOThreads {
  /** Threads in the pool. */
  supplementalPoolThreadCount?: Int32;
}

/** A directory that the guest mounts. Its data comes from the volume of the same name. */
export interface Filesystem {
  /** Name of the file system, of the volume that holds its data, and tag that the guest mounts it by. */
  name: string;
  /** Shares the volume by virtiofs. */
  virtiofs: EmptyObject;
}
