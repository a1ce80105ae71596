import type { EmptyObject, Int32 } from './scalars.ts';

/** Whether a CPU feature has to be there. */
export type CPUFeaturePolicy = 'force' | 'require' | 'optional' | 'disable' | 'forbid';

/** The virtual CPUs. Their number is sockets times cores times threads. */
export interface CPU {
  /** Cores in each socket. Default: 1. */
  cores?: Int32;
  /**
   * Gives each virtual CPU a physical CPU of its own; the node's kubelet needs the static CPU manager. Default: false.
   */
  dedicatedCpuPlacement?: boolean;
  /** CPU features by name, beside those of the model. */
  features?: CPUFeature[];
  /** Gives QEMU's own threads one more physical CPU, with dedicated placement. Default: false. */
  isolateEmulatorThread?: boolean;
  /**
   * Sockets that can be reached by hot plug while the guest runs. Default: four times the sockets, or as the KubeVirt
   * object says; none where hot plug is impossible.
   */
  maxSockets?: Int32;
  /**
   * CPU model that the guest sees: a name that libvirt knows, `host-model` or `host-passthrough`. Default: that of the
   * KubeVirt object, or else `host-model` (`host-passthrough` on arm64).
   */
  model?: string;
  /** NUMA topology of the guest. Default: a single node. */
  numa?: NUMA;
  /** Runs the virtual CPUs with real-time priority. Default: they run with normal priority. */
  realtime?: Realtime;
  /** Sockets. Default: 1, or what the CPU limits or requests amount to. */
  sockets?: Int32;
  /** Threads in each core. Default: 1. */
  threads?: Int32;
}

/** One CPU feature. */
export interface CPUFeature {
  /** Name of the feature as libvirt writes it, for example `pcid`. */
  name: string;
  /**
   * `require` and `force` turn it on (force even where the host lacks it), `optional` where the host has it, `disable`
   * turns it off, `forbid` also keeps the guest off hosts that have it. Default: `require`.
   */
  policy?: CPUFeaturePolicy;
}

/** Sockets, cores and threads of a running guest. */
export interface CPUTopology {
  /** Cores in each socket. */
  cores?: Int32;
  /** Sockets. */
  sockets?: Int32;
  /** Threads in each core. */
  threads?: Int32;
}

/** NUMA topology of the guest. */
export interface NUMA {
  /** Gives the guest the NUMA topology of the physical CPUs it is pinned to. Needs dedicated CPUs and huge pages. */
  guestMappingPassthrough?: EmptyObject;
}

/** Real-time scheduling of virtual CPUs. */
export interface Realtime {
  /**
   * Which virtual CPUs get real-time priority, as a list of ranges with exceptions, for example `0-3,^1`. Default: all.
   */
  mask?: string;
}
