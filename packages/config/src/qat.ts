import type {
  QatAllocation,
  QatConfiguration,
  QatDriver,
  QatExtraDevice,
  QatOffer,
  QatPhysicalFunctionRule,
  QatResourceRule,
} from '@quickvirt/api';

/** How the nodes' QAT cards are handled, with every default filled in. */
export interface QatConfig {
  readonly enabled: boolean;
  readonly offer: QatOffer;
  readonly draDriverName: string;
  /** First part of the names of resources, without the slash. */
  readonly resourcePrefix: string;
  readonly driver: QatDriver;
  /** The first that matches a card counts; a card that none matches is managed as it is. */
  readonly physicalFunctions: readonly QatPhysicalFunctionRuleConfig[];
  readonly resources: readonly Readonly<QatResourceRule>[];
  readonly allocation: Readonly<Required<QatAllocation>>;
  /** Families that guests may have although vfio-pci denylists them. */
  readonly denylistConsent: readonly string[];
  readonly loadModules: boolean;
  /** Families beside the built-in ones. */
  readonly extraDevices: readonly QatDeviceFamily[];
}

/** A rule for cards, ready to be matched: addresses in lower case. */
export interface QatPhysicalFunctionRuleConfig extends Readonly<QatPhysicalFunctionRule> {
  readonly managed: boolean;
}

/** A kind of QAT device: ids as `vendor:device` in lower-case hexadecimal. */
export interface QatDeviceFamily {
  readonly family: string;
  readonly generation: number;
  readonly physicalFunction: string;
  /** Ids of its virtual functions; the first is the usual one. */
  readonly virtualFunctions: readonly string[];
  /** Names below `/sys/bus/pci/drivers` that make the physical function work. */
  readonly physicalFunctionDrivers: readonly string[];
  /** Drivers of the host that take virtual functions by themselves, and that they may be taken from. */
  readonly virtualFunctionDrivers: readonly string[];
  /** Services when the driver of the physical function does not say; empty when it has one fixed set. */
  readonly services: readonly string[];
  /** How many services it runs at most; 0 when they cannot be chosen. */
  readonly maxServices: number;
  /** Whether the kernel's vfio-pci has it on its denylist. */
  readonly denylisted: boolean;
}

const DEFAULT_PREFIX = 'qat.intel.com';

/** The settings for QAT cards. */
export function qatConfigFrom(qat: QatConfiguration): QatConfig {
  return {
    enabled: qat.enabled ?? true,
    offer: qat.offer ?? 'DevicePlugin',
    draDriverName: qat.draDriverName || 'qat.quickvirt.io',
    resourcePrefix: qat.resourcePrefix || DEFAULT_PREFIX,
    driver: qat.driver ?? 'vfio-pci',
    physicalFunctions: (qat.physicalFunctions ?? []).map((rule) => ({
      ...structuredClone(rule),
      managed: rule.managed ?? true,
      addresses: rule.addresses?.map((address) => address.toLowerCase()),
    })),
    resources: structuredClone(qat.resources ?? []),
    allocation: {
      policy: qat.allocation?.policy ?? 'Packed',
      samePhysicalFunction: qat.allocation?.samePhysicalFunction ?? false,
      sameNumaNode: qat.allocation?.sameNumaNode ?? true,
    },
    denylistConsent: [...(qat.denylistConsent ?? [])],
    loadModules: qat.loadModules ?? true,
    extraDevices: (qat.extraDevices ?? []).map(familyFrom),
  };
}

function familyFrom(device: QatExtraDevice): QatDeviceFamily {
  return {
    family: device.family,
    generation: device.generation,
    physicalFunction: device.physicalFunction.toLowerCase(),
    virtualFunctions: [device.virtualFunction.toLowerCase()],
    physicalFunctionDrivers: [...(device.physicalFunctionDrivers ?? [])],
    virtualFunctionDrivers: [...(device.virtualFunctionDrivers ?? [])],
    services: [...(device.services ?? [])],
    // Limits of the kernel's drivers: two services on the fourth generation, three on the sixth.
    maxServices: device.generation >= 6 ? 3 : device.generation >= 4 ? 2 : 0,
    denylisted: device.denylisted ?? false,
  };
}
