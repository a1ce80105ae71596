import type { NUMA, Realtime } from './cpu.ts';
import type { GPU, HostDevice } from './devices.ts';
import type { DiskIOThreads, IOThreadsPolicy } from './disks.ts';
import type { LaunchSecurity } from './launch-security.ts';
import type { Hugepages } from './memory.ts';
import type { ObjectMeta } from './meta.ts';
import type { Int32, Integer, Quantity } from './scalars.ts';

/** CPU, memory and other resources of machines in one namespace, chosen by name. */
export interface VirtualMachineInstancetype {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** The resources. */
  spec: VirtualMachineInstancetypeSpec;
}

/** CPU, memory and other resources of machines in all namespaces, chosen by name. */
export interface VirtualMachineClusterInstancetype {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** The resources. */
  spec: VirtualMachineInstancetypeSpec;
}

/** Resources that a machine must take as they are. */
export interface VirtualMachineInstancetypeSpec {
  /** Annotations that VMIs get. */
  annotations?: Record<string, string>;
  /** Virtual CPUs. */
  cpu: CPUInstancetype;
  /**
   * GPUs.
   * @listType atomic
   */
  gpus?: GPU[];
  /**
   * Other host devices.
   * @listType atomic
   */
  hostDevices?: HostDevice[];
  /** Size of the pool of I/O threads. */
  ioThreads?: DiskIOThreads;
  /** How disks are given I/O threads. */
  ioThreadsPolicy?: IOThreadsPolicy;
  /** Encryption of the guest's memory. */
  launchSecurity?: LaunchSecurity;
  /** Memory. */
  memory: MemoryInstancetype;
  /** Labels that a node must have. */
  nodeSelector?: Record<string, string>;
  /** Scheduler that places the pod. */
  schedulerName?: string;
}

/** Virtual CPUs. */
export interface CPUInstancetype {
  /** Gives each virtual CPU a physical CPU of its own. Default: false. */
  dedicatedCPUPlacement?: boolean;
  /** How many. A preference says how they are spread over sockets, cores and threads. */
  guest: Int32;
  /** Gives QEMU's own threads one more physical CPU. Default: false. */
  isolateEmulatorThread?: boolean;
  /** Sockets that can be reached by hot plug. */
  maxSockets?: Int32;
  /** CPU model. */
  model?: string;
  /** NUMA topology of the guest. */
  numa?: NUMA;
  /** Runs the virtual CPUs with real-time priority. */
  realtime?: Realtime;
}

/** Memory. */
export interface MemoryInstancetype {
  /** Memory that the guest sees. */
  guest: Quantity;
  /** Backs the memory with huge pages. */
  hugepages?: Hugepages;
  /** Memory that can be reached by hot plug. */
  maxGuest?: Quantity;
  /**
   * Per cent of the guest's memory that its pod does not request; 0 to 100. Default: 0.
   * @minimum 0
   * @maximum 100
   */
  overcommitPercent?: Integer;
}
