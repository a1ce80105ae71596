import type { FeatureState } from './features.ts';
import type { EmptyObject, Int32, Integer } from './scalars.ts';

export type DiskBus = 'virtio' | 'sata' | 'scsi' | 'usb';

export type DiskErrorPolicy = 'stop' | 'ignore' | 'report' | 'enospace';

export type DriverCache = 'none' | 'writethrough' | 'writeback';

export type DriverIO = 'native' | 'threads';

export type IOThreadsPolicy = 'shared' | 'auto' | 'supplementalPool';

export type TrayState = 'open' | 'closed';

export interface Disk {
  blockSize?: BlockSize;
  bootOrder?: Integer;
  cache?: DriverCache;
  cdrom?: CDRomTarget;
  changedBlockTracking?: boolean;
  dedicatedIOThread?: boolean;
  disk?: DiskTarget;
  errorPolicy?: DiskErrorPolicy;
  io?: DriverIO;
  lun?: LunTarget;
  name: string;
  serial?: string;
  shareable?: boolean;
  tag?: string;
}

export interface DiskTarget {
  bus?: DiskBus;
  pciAddress?: string;
  readonly?: boolean;
}

export interface LunTarget {
  bus?: DiskBus;
  readonly?: boolean;
  reservation?: boolean;
}

export interface CDRomTarget {
  bus?: DiskBus;
  readonly?: boolean;
  tray?: TrayState;
}

export interface BlockSize {
  custom?: CustomBlockSize;
  matchVolume?: FeatureState;
}

export interface CustomBlockSize {
  discardGranularity?: Integer;
  logical?: Integer;
  physical?: Integer;
}

export interface DiskIOThreads {
  supplementalPoolThreadCount?: Int32;
}

export interface Filesystem {
  name: string;
  virtiofs: EmptyObject;
}
