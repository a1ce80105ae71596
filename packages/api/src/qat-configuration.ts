import type { Int32 } from './scalars.ts';

/** How virtual functions are picked for guests: `Packed` fills one card after the other, `Spread` takes from the freest. */
export type QatAllocationPolicy = 'Packed' | 'Spread';

/** How virtual functions are offered: as extended resources of a device plugin, or by dynamic resource allocation. */
export type QatOffer = 'DevicePlugin' | 'DRA';

/** Driver that hands virtual functions to guests; `qat_vfio_pci` (Linux 6.10) can save their state for a migration. */
export type QatDriver = 'vfio-pci' | 'qat_vfio_pci';

/** Service of a QAT card: symmetric and asymmetric cryptography, compression, chained compression, decompression. */
export type QatService = 'sym' | 'asym' | 'dc' | 'dcc' | 'decomp';

/**
 * Intel QAT cards. QuickVirt's own, KubeVirt has none: without this section every card of a node gets all its virtual
 * functions, keeps its services, and is offered as `qat.intel.com/<services>`.
 */
export interface QatConfiguration {
  /** Whether nodes look after QAT cards at all. Default: true. */
  enabled?: boolean;
  /**
   * Whether guests get virtual functions from a device plugin or by dynamic resource allocation. Default: DevicePlugin.
   * @enforced
   */
  offer?: QatOffer;
  /**
   * Name of the DRA driver. Default: qat.quickvirt.io.
   * @pattern ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$
   * @maxLength 63
   */
  draDriverName?: string;
  /**
   * First part of the names of resources. `qat.intel.com` is also what Intel's device plugin uses: take another where
   * both run on a node. Default: qat.intel.com.
   * @pattern ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$
   * @maxLength 190
   */
  resourcePrefix?: string;
  /**
   * Driver of virtual functions, where no rule says another. Default: vfio-pci.
   * @enforced
   */
  driver?: QatDriver;
  /**
   * What cards are to do. The first rule that matches a card counts; a card that none matches is made ready as it is.
   * @listType atomic
   * @maxItems 256
   */
  physicalFunctions?: QatPhysicalFunctionRule[];
  /**
   * Names of resources for virtual functions with certain services, in place of `<prefix>/<services>`. The first that
   * matches counts.
   * @listType atomic
   * @maxItems 64
   */
  resources?: QatResourceRule[];
  /** How virtual functions are picked when a guest asks for several, or many are free. */
  allocation?: QatAllocation;
  /**
   * Families (`c62x`, `c3xxx`, `dh895xcc`) that the kernel's vfio-pci refuses because a hostile guest can wedge the card,
   * and that guests may have all the same. QuickVirt then loads vfio-pci with its denylist off.
   * @listType set
   */
  denylistConsent?: string[];
  /** Whether nodes may load kernel modules (vfio-pci, qat_vfio_pci). Default: true. */
  loadModules?: boolean;
  /**
   * Further devices that are handled like QAT cards: new hardware, or stand-ins for tests.
   * @listType atomic
   * @maxItems 64
   */
  extraDevices?: QatExtraDevice[];
}

/** Which cards, and what they are to do. A card matches when it has all that is said here. */
export interface QatPhysicalFunctionRule {
  /** Labels of the nodes. */
  nodeSelector?: Record<string, string>;
  /**
   * Generations of the hardware: 2 (DH895xCC, C62x, C3xxx, D15xx, 200xx), 3 (C4xxx), 4 (4xxx, 401xx, 402xx, 420xx), 6 (6xxx).
   * @listType set
   */
  generations?: Int32[];
  /**
   * Families: `c62x`, `4xxx`, ...
   * @listType set
   */
  families?: string[];
  /**
   * PCI addresses of physical functions: `0000:6b:00.0`.
   * @listType set
   */
  addresses?: string[];
  /** False leaves the card alone: nothing is written, nothing is offered. Default: true. */
  managed?: boolean;
  /**
   * Services that the card is to run, from the fourth generation on; at most two (three on 6xxx), `dcc` alone. Changed
   * only while none of its virtual functions is in use. Left out: whatever it runs.
   * @listType set
   * @maxItems 3
   */
  services?: QatService[];
  /**
   * Driver of its virtual functions.
   * @enforced
   */
  driver?: QatDriver;
  /**
   * How its virtual functions are offered.
   * @enforced
   */
  offer?: QatOffer;
}

/** The resource name of certain virtual functions. */
export interface QatResourceRule {
  /** Name that nodes offer them under, prefix included: `example.org/crypto`. */
  resourceName: string;
  /**
   * Services of the card, exactly; left out: any.
   * @listType set
   */
  services?: QatService[];
  /**
   * Families; left out: any.
   * @listType set
   */
  families?: string[];
}

/** How virtual functions are picked. */
export interface QatAllocation {
  /**
   * Default: Packed.
   * @enforced
   */
  policy?: QatAllocationPolicy;
  /** Whether a guest's virtual functions are taken from one card where one has enough. Default: false. */
  samePhysicalFunction?: boolean;
  /** Whether a guest's virtual functions are taken from one NUMA node where one has enough. Default: true. */
  sameNumaNode?: boolean;
}

/** A further kind of device. Where both ids are equal, functions are told apart by their SR-IOV attributes. */
export interface QatExtraDevice {
  /** Name of the family. */
  family: string;
  /** Generation that it is handled as. */
  generation: Int32;
  /**
   * Vendor and product of the physical function: `8086:4940`.
   * @pattern ^[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}$
   */
  physicalFunction: string;
  /**
   * Vendor and product of the virtual functions: `8086:4941`.
   * @pattern ^[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}$
   */
  virtualFunction: string;
  /**
   * Drivers that may hold the physical function.
   * @listType set
   */
  physicalFunctionDrivers?: string[];
  /**
   * Host drivers that virtual functions may be taken from.
   * @listType set
   */
  virtualFunctionDrivers?: string[];
  /**
   * Services to name it by when its driver does not say.
   * @listType set
   */
  services?: QatService[];
  /** Whether the kernel's vfio-pci refuses it for its errata. Default: false. */
  denylisted?: boolean;
}
