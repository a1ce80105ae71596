import type { NUMA, Realtime } from './cpu.ts';
import type { GPU, HostDevice } from './devices.ts';
import type { DiskIOThreads, IOThreadsPolicy } from './disks.ts';
import type { LaunchSecurity } from './launch-security.ts';
import type { Hugepages } from './memory.ts';
import type { ObjectMeta } from './meta.ts';
import type { Int32, Integer, Quantity } from './scalars.ts';

export interface VirtualMachineInstancetype {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineInstancetypeSpec;
}

export interface VirtualMachineClusterInstancetype {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineInstancetypeSpec;
}

export interface VirtualMachineInstancetypeSpec {
  annotations?: Record<string, string>;
  cpu: CPUInstancetype;
  /** @listType atomic */
  gpus?: GPU[];
  /** @listType atomic */
  hostDevices?: HostDevice[];
  ioThreads?: DiskIOThreads;
  ioThreadsPolicy?: IOThreadsPolicy;
  launchSecurity?: LaunchSecurity;
  memory: MemoryInstancetype;
  nodeSelector?: Record<string, string>;
  schedulerName?: string;
}

export interface CPUInstancetype {
  dedicatedCPUPlacement?: boolean;
  guest: Int32;
  isolateEmulatorThread?: boolean;
  maxSockets?: Int32;
  model?: string;
  numa?: NUMA;
  realtime?: Realtime;
}

export interface MemoryInstancetype {
  guest: Quantity;
  hugepages?: Hugepages;
  maxGuest?: Quantity;
  /**
   * @minimum 0
   * @maximum 100
   */
  overcommitPercent?: Integer;
}
