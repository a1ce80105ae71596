import type { PciHostDevice } from '@quickvirt/api';
import {
  bindFailed,
  groupHealth,
  iommuDisabled,
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
    const findings = vf ? vf.findings : findingsOf(pci, members, facts, allocated);
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

/** What keeps a function that is no QAT function from guests. */
function findingsOf(
  pci: PciFunction,
  members: readonly PciFunction[],
  facts: NodeFacts,
  allocated: ReadonlySet<PciAddress>,
): readonly Finding[] {
  const { pciAddress, driver, driverOverride, iommuGroup } = pci;
  if (!isVfioDriver(driver)) {
    const bound = driver === undefined ? 'no driver is bound to it' : `the driver ${driver} is bound to it`;
    return [bindFailed(pciAddress, `${bound}, although its driver_override is ${driverOverride}`)];
  }
  if (iommuGroup === undefined) return [iommuDisabled(pciAddress, facts.iommuEnabled)];
  return groupHealth(pci, members, new Set(facts.vfioNodes), allocated);
}
