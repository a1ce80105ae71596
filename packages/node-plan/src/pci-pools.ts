import type { PciHostDevice } from '@quickvirt/api';
import {
  isVfioDriver,
  type Finding,
  type NodeFacts,
  type PciAddress,
  type PciFunction,
  type QatInventory,
} from '@quickvirt/qat';

/** A PCI function that is offered to pods. */
export interface PooledFunction {
  readonly pciAddress: PciAddress;
  readonly vendorDevice: string;
  readonly numaNode?: number;
  readonly physicalFunction?: PciAddress;
  readonly iommuGroup?: number;
  /** The other functions of its IOMMU group that count. */
  readonly groupMembers: readonly PciAddress[];
  /** Whether it is a QAT function, whose containers get Intel's variables too. */
  readonly isQat: boolean;
  readonly healthy: boolean;
  /** Why it is not healthy; warnings too. */
  readonly findings: readonly Finding[];
}

/** The functions that are offered under one resource name, in the order of their addresses. */
export interface PciPool {
  readonly resourceName: string;
  readonly functions: readonly PooledFunction[];
}

export interface PciPoolsInput {
  readonly facts: NodeFacts;
  readonly inventory: QatInventory;
  /** `permittedHostDevices.pciHostDevices` of the KubeVirt CR. */
  readonly permitted: readonly PciHostDevice[];
  /** Functions that pods hold. */
  readonly allocated: ReadonlySet<PciAddress>;
  /** False for functions that another way of offering has, such as DRA. Default: every function is ours. */
  readonly mayOffer?: (pciAddress: PciAddress) => boolean;
}

/** PCI class 06: bridges take part in an IOMMU group without being used by anybody (PCI Code and ID Assignment 1.11). */
const BRIDGE_CLASS = /^06/;
/** Drivers whose devices do not stop user space from having their group (Linux, drivers/vfio/vfio_main.c). */
const NEUTRAL_DRIVERS: readonly string[] = ['pci-stub', 'pcieport'];

/**
 * Which functions of the node are offered under which names. The KubeVirt CR's selectors come first, in their order, and
 * a function is in one pool only; QAT functions that no selector names are offered under the names of their inventory. A
 * selected function that is not meant for vfio is somebody else's (a host's NIC of the same model) and left out; one that
 * is meant for it but cannot be given is listed as unhealthy, and becomes healthy again. Pure.
 */
export function pciPools({ facts, inventory, permitted, allocated, mayOffer = () => true }: PciPoolsInput): PciPool[] {
  const qat = new Map(inventory.virtualFunctions.map((vf) => [vf.pciAddress, vf]));
  const selectors = new Map<string, PciHostDevice>();
  for (const one of permitted) {
    const selector = one.pciVendorSelector.toLowerCase();
    if (!selectors.has(selector)) selectors.set(selector, one);
  }
  const groups = Map.groupBy(facts.functions, ({ iommuGroup }) => iommuGroup);
  const pools = new Map<string, PooledFunction[]>();
  for (const pci of facts.functions) {
    const selected = selectors.get(pci.vendorDevice);
    if (selected?.externalResourceProvider === true || !mayOffer(pci.pciAddress)) continue;
    const vf = qat.get(pci.pciAddress);
    const resourceName = selected?.resourceName ?? vf?.resourceName;
    if (resourceName === undefined || (vf === undefined && !isMeantForVfio(pci))) continue;
    const members = (pci.iommuGroup === undefined ? [] : (groups.get(pci.iommuGroup) ?? [])).filter(
      (other) => other.pciAddress !== pci.pciAddress && !BRIDGE_CLASS.test(other.class),
    );
    const own = vf ? vf.findings : findingsOf(pci, members, facts);
    const findings = [...own, ...groupInUse(pci, members, allocated)];
    const pool = pools.get(resourceName) ?? [];
    pools.set(resourceName, pool);
    pool.push({
      pciAddress: pci.pciAddress,
      vendorDevice: pci.vendorDevice,
      ...(pci.numaNode !== undefined && { numaNode: pci.numaNode }),
      ...(pci.physicalFunction !== undefined && { physicalFunction: pci.physicalFunction }),
      ...(pci.iommuGroup !== undefined && { iommuGroup: pci.iommuGroup }),
      groupMembers: members.map(({ pciAddress }) => pciAddress),
      isQat: vf !== undefined,
      healthy: (vf?.usable ?? true) && !findings.some(({ severity }) => severity === 'error'),
      findings,
    });
  }
  return [...pools].map(([resourceName, functions]) => ({ resourceName, functions }));
}

function isMeantForVfio({ driver, driverOverride }: PciFunction): boolean {
  return isVfioDriver(driver) || isVfioDriver(driverOverride);
}

function findingsOf(pci: PciFunction, members: readonly PciFunction[], facts: NodeFacts): Finding[] {
  const { pciAddress: subject, driver, driverOverride, iommuGroup } = pci;
  if (!isVfioDriver(driver))
    return [
      {
        code: 'BindFailed',
        severity: 'error',
        subject,
        cause: `its driver_override is ${driverOverride ?? 'not set'}, but ${driver === undefined ? 'no driver' : `the driver ${driver}`} is bound to it`,
        remedy: `Write the address to /sys/bus/pci/drivers_probe, and look into the kernel's log when that does not bind it.`,
      },
    ];
  if (iommuGroup === undefined)
    return [
      {
        code: 'IommuDisabled',
        severity: 'error',
        subject,
        cause: 'it is in no IOMMU group',
        remedy: 'Switch the IOMMU (VT-d, AMD-Vi, SMMU) on in the firmware and in the kernel (intel_iommu=on).',
      },
    ];
  const foreign = members.filter((other) => !isNeutral(other));
  if (foreign.length > 0) {
    const names = foreign.map((other) => `${other.pciAddress} (driver ${other.driver})`).join(', ');
    return [
      {
        code: 'GroupNotViable',
        severity: 'error',
        subject,
        cause: `IOMMU group ${iommuGroup} also holds ${names}, which the host uses`,
        remedy: 'Bind them to vfio-pci or to no driver, or put the card into a slot with a group of its own (ACS).',
      },
    ];
  }
  const known = new Set(facts.vfioNodes);
  if (groupNodeNames(iommuGroup).some((name) => known.has(name))) return [];
  return [
    {
      code: 'DeviceNodeMissing',
      severity: 'error',
      subject,
      cause: `/dev/vfio has no node for IOMMU group ${iommuGroup}`,
      remedy: 'It comes with the driver: bind the function anew, and see that udev or devtmpfs serves /dev.',
    },
  ];
}

function isNeutral({ driver }: PciFunction): boolean {
  return driver === undefined || isVfioDriver(driver) || NEUTRAL_DRIVERS.includes(driver);
}

/** A group belongs to one user at a time: its other functions wait until the pod that has one is gone. */
function groupInUse(
  { pciAddress: subject, iommuGroup }: PciFunction,
  members: readonly PciFunction[],
  allocated: ReadonlySet<PciAddress>,
): Finding[] {
  const holders = members.filter(({ pciAddress }) => allocated.has(pciAddress));
  if (holders.length === 0 || allocated.has(subject)) return [];
  return [
    {
      code: 'GroupInUse',
      severity: 'error',
      subject,
      cause: `a pod holds ${holders.map(({ pciAddress }) => pciAddress).join(', ')} of the same IOMMU group ${iommuGroup}`,
      remedy: 'It is offered again when that pod is gone; a slot with ACS gives each function a group of its own.',
    },
  ];
}

/** What a group's node below /dev/vfio may be called: its number, or that with a prefix where no IOMMU protects. */
export function groupNodeNames(iommuGroup: number): [string, string] {
  return [String(iommuGroup), `noiommu-${iommuGroup}`];
}
