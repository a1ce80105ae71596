import type { PciAddress } from './pci-address.ts';

/** One function on the node's PCI bus, of whatever kind, as `/sys/bus/pci/devices/<address>` shows it. */
export interface PciFunction {
  readonly pciAddress: PciAddress;
  /** `vendor:device` in lower-case hexadecimal, as `lspci -n` prints it: `8086:37c9`. */
  readonly vendorDevice: string;
  /** Class, subclass and programming interface, six hexadecimal digits: `0b4000` is a co-processor, `060400` a bridge. */
  readonly class: string;
  /** Name of the driver that is bound; absent when none is. */
  readonly driver?: string;
  /** The only driver that may bind; absent when any may (the kernel writes `(null)`). */
  readonly driverOverride?: string;
  /** Number of its IOMMU group; absent when no IOMMU translates for it. Changes with the order of enumeration. */
  readonly iommuGroup?: number;
  /** NUMA node that it is attached to; absent when the firmware does not say (-1). */
  readonly numaNode?: number;
  /** The physical function that a virtual one belongs to (link `physfn`); absent for all others, and in nested machines. */
  readonly physicalFunction?: PciAddress;
  /** Its name in the vfio device class (`vfio-dev/vfio3`); only while a vfio driver is bound and the kernel is 6.0 or newer. */
  readonly vfioDevice?: string;
  /** Present for physical functions that can make virtual ones. */
  readonly sriov?: SriovFacts;
  /** Present when the driver has the attributes of a QAT device (Linux ABI sysfs-driver-qat); second generation has none. */
  readonly qat?: QatAttributes;
  /** Error counters, when the driver has them (Linux ABI sysfs-driver-qat_ras; 6.7). */
  readonly ras?: RasCounters;
  /** What the firmware answers, when debugfs can be read (Linux ABI debugfs-driver-qat; 6.6). */
  readonly heartbeat?: HeartbeatFacts;
  /** Whether telemetry is switched on; absent where the driver has none (Linux ABI debugfs-driver-qat_telemetry; 6.8). */
  readonly telemetryOn?: boolean;
  /** Device telemetry by name, such as `util_cpr0`, when the driver has it and it is switched on (6.8). */
  readonly telemetry?: Readonly<Record<string, number>>;
}

/** SR-IOV of a physical function (Linux ABI sysfs-bus-pci). */
export interface SriovFacts {
  readonly totalVfs: number;
  readonly numVfs: number;
  /** Routing id of the first virtual function, relative to this one's. */
  readonly offset: number;
  readonly stride: number;
  /** Device id of the virtual functions, four hexadecimal digits. */
  readonly vfDevice?: string;
  /** Whether the kernel binds a driver to virtual functions by itself. */
  readonly driversAutoprobe: boolean;
  /** Addresses of the virtual functions that are there, by index (links `virtfn<index>`). */
  readonly virtualFunctions: readonly PciAddress[];
}

/** The directory `qat/` of a physical function of the fourth generation or later. */
export interface QatAttributes {
  readonly state?: 'up' | 'down';
  /** As the kernel writes it: `sym;asym`, `dc`. */
  readonly configuredServices?: string;
  readonly autoReset?: boolean;
}

/** Errors since the driver bound or the counters were reset. */
export interface RasCounters {
  readonly correctable: number;
  readonly nonfatal: number;
  readonly fatal: number;
}

/** `heartbeat/` in debugfs. */
export interface HeartbeatFacts {
  /** 0 when every engine of the card answers, -1 when one does not. */
  readonly status: number;
  readonly queriesSent: number;
  readonly queriesFailed: number;
}

/** What one scan of a node found. Everything that `packages/qat` decides, it decides from this. */
export interface NodeFacts {
  /** All PCI functions, in the order of their addresses. */
  readonly functions: readonly PciFunction[];
  /** Whether the kernel has an IOMMU in use (`/sys/class/iommu` is not empty). */
  readonly iommuEnabled: boolean;
  /** Drivers of the PCI bus that are registered, such as `c6xx` and `vfio-pci`. */
  readonly drivers: readonly string[];
  /** The parameter `disable_denylist` of vfio-pci; absent while the module is not loaded, or has no denylist (before 5.9). */
  readonly vfioDenylistDisabled?: boolean;
  /** Sockets of other device plugins for QAT that somebody listens on: `qat.intel.com-generic.sock`. */
  readonly foreignPlugins: readonly string[];
  /** Names below `/dev/vfio`: `vfio`, group numbers, `devices/vfio3`. */
  readonly vfioNodes: readonly string[];
}

/** Whether a driver hands its device to user space through vfio: `vfio-pci`, and variants such as `qat_vfio_pci`. */
export function isVfioDriver(driver: string | undefined): boolean {
  return driver === 'vfio-pci' || (driver !== undefined && driver.endsWith('_vfio_pci'));
}

/** What an IOMMU group's node below `/dev/vfio` may be called: its number, or that with a prefix where no IOMMU protects. */
export function vfioGroupNodes(iommuGroup: number): readonly string[] {
  return [String(iommuGroup), `noiommu-${iommuGroup}`];
}
