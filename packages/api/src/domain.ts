import type { Clock } from './clock.ts';
import type { CPU } from './cpu.ts';
import type { Devices } from './devices.ts';
import type { DiskIOThreads, IOThreadsPolicy } from './disks.ts';
import type { Features } from './features.ts';
import type { Chassis, Firmware, Machine } from './firmware.ts';
import type { LaunchSecurity } from './launch-security.ts';
import type { Memory } from './memory.ts';
import type { Quantity } from './scalars.ts';

/** What a reboot from inside the guest does. */
export type RebootPolicy = 'Reboot' | 'Terminate';

/** The virtual hardware of a guest. */
export interface DomainSpec {
  /** Maker, serial and version that the guest reads from the SMBIOS chassis table. */
  chassis?: Chassis;
  /**
   * What the guest's clock counts and which timers drive it. Default: UTC.
   * @preserveUnknownFields
   */
  clock?: Clock;
  /** Number, model and placement of the virtual CPUs. */
  cpu?: CPU;
  /** Disks, interfaces and all other devices. */
  devices: Devices;
  /** Features of the hypervisor and the platform that the guest sees. */
  features?: Features;
  /** UUID, serial, and BIOS, UEFI or direct kernel boot. */
  firmware?: Firmware;
  /** Size of the pool of I/O threads, for the policy `supplementalPool`. */
  ioThreads?: DiskIOThreads;
  /**
   * How disks are given I/O threads: `shared` has one thread for all that ask for none of their own, `auto` spreads
   * disks over several, `supplementalPool` lets every disk use a pool. Default: one thread where a disk asks for its
   * own, else none.
   */
  ioThreadsPolicy?: IOThreadsPolicy;
  /** Encryption and attestation of the guest's memory by the CPU. */
  launchSecurity?: LaunchSecurity;
  /** The machine that is emulated. */
  machine?: Machine;
  /** Size and backing of the guest's memory. */
  memory?: Memory;
  /**
   * What a reboot inside the guest does: `Reboot` restarts it in place, `Terminate` ends the VMI. Default: `Reboot`.
   * @enforced
   */
  rebootPolicy?: RebootPolicy;
  /**
   * CPU and memory that the launcher pod asks of its node. Where `memory.guest` is not set, the guest's memory follows
   * from it.
   */
  resources?: ResourceRequirements;
}

/** CPU and memory that a launcher pod asks for and may use at most. */
export interface ResourceRequirements {
  /** Most that the pod may use, by resource name. Default: no limit. */
  limits?: Record<string, Quantity>;
  /**
   * Leaves the memory that QEMU and its helpers need beyond the guest's out of the pod's request, so that more guests
   * fit a node and the OOM killer comes sooner. Default: false.
   */
  overcommitGuestOverhead?: boolean;
  /** What the node must have free, by resource name. Default: what the CPUs and the memory of the guest need. */
  requests?: Record<string, Quantity>;
}

/** CPU and memory of a container. */
export interface ResourceRequirementsWithoutClaims {
  /** Most that it may use, by resource name. */
  limits?: Record<string, Quantity>;
  /** What the node must have free, by resource name. */
  requests?: Record<string, Quantity>;
}
