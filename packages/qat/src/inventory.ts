import type { QatOffer } from '@quickvirt/api';
import type { Finding } from './finding.ts';
import type { PciAddress } from './pci-address.ts';
import type { HeartbeatFacts, RasCounters } from './node-facts.ts';

/** Generation of the hardware as the kernel counts it: 2 (DH895xCC, C62x, C3xxx ...), 4 (4xxx, 401xx ...), 6 (6xxx). */
export type QatGeneration = number;

/** A QAT card's physical function. */
export interface PhysicalFunction {
  readonly pciAddress: PciAddress;
  readonly vendorDevice: string;
  /** Name of the family in the device table: `c62x`, `4xxx`. */
  readonly family: string;
  readonly generation: QatGeneration;
  readonly driver?: string;
  readonly numaNode?: number;
  readonly totalVfs: number;
  readonly numVfs: number;
  /** Its virtual functions that are there, by index. */
  readonly virtualFunctions: readonly PciAddress[];
  /** Services that the card runs, in a fixed order (`sym` before `asym` before `dc`); empty when it has one fixed set. */
  readonly services: readonly string[];
  /** Whether the card runs; absent when its driver does not say. */
  readonly state?: 'up' | 'down';
  readonly heartbeat?: HeartbeatFacts;
  readonly ras?: RasCounters;
  readonly telemetry?: Readonly<Record<string, number>>;
  /** False when the configuration leaves this card to others: nothing is written, nothing offered. */
  readonly managed: boolean;
}

/** A QAT card's virtual function: what a guest gets. */
export interface VirtualFunction {
  readonly pciAddress: PciAddress;
  readonly vendorDevice: string;
  readonly family: string;
  readonly generation: QatGeneration;
  /** Absent in nested machines, where the host's host has the physical function. */
  readonly physicalFunction?: PciAddress;
  /** Index below its physical function, 0 for the first. */
  readonly index?: number;
  readonly driver?: string;
  /** The vfio driver that it is to have. */
  readonly wantedDriver: string;
  readonly driverOverride?: string;
  readonly iommuGroup?: number;
  /** The other functions of its IOMMU group that count, bridges left out; empty in the normal case. */
  readonly groupMembers: readonly PciAddress[];
  readonly numaNode?: number;
  /** Name of its vfio device (`vfio3`), for `/dev/vfio/devices/vfio3`; see {@link PciFunction.vfioDevice}. */
  readonly vfioDevice?: string;
  readonly services: readonly string[];
  /**
   * Name that it is to be offered under, prefix included: `qat.intel.com/sym-dc`. Absent when it is not for us to offer:
   * its card is not managed, or the KubeVirt CR's `pciHostDevices` names its id for a pool or a provider of its own.
   */
  readonly resourceName?: string;
  /** Who is to offer it, by the configuration. */
  readonly offer: QatOffer;
  /** Whether it may be offered to guests now: bound to vfio, with its nodes, in a viable group, on a card that works. */
  readonly usable: boolean;
  /** What keeps it from guests, and warnings; of its card too. */
  readonly findings: readonly Finding[];
}

/** All QAT functions of a node, in the order of their addresses, and all that is wrong, each once. */
export interface QatInventory {
  readonly physicalFunctions: readonly PhysicalFunction[];
  readonly virtualFunctions: readonly VirtualFunction[];
  readonly findings: readonly Finding[];
}
