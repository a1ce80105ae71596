import type { Finding } from './finding.ts';
import type { QatInventory, VirtualFunction } from './inventory.ts';
import type { PciAddress } from './pci-address.ts';

/** The annotation of a Node that holds its {@link NodeReport} as compact JSON. */
export const NODE_REPORT_ANNOTATION = 'qat.quickvirt.io/inventory';

/** The condition of a Node that says whether its QAT cards are well. */
export const NODE_CONDITION = 'QuickVirtQatHealthy';

/**
 * What a node says of its QAT cards to people and to `virtctl qat`. Fields are only added; readers ignore the unknown.
 * A node has 256 KiB for all its annotations: a virtual function takes about 60 bytes here.
 */
export interface NodeReport {
  readonly version: 1;
  readonly physicalFunctions: readonly PhysicalFunctionReport[];
  /** Virtual functions whose physical function is not on this node (nested machines). */
  readonly orphans?: readonly VirtualFunctionReport[];
  readonly findings: readonly Finding[];
}

/** One card in the report. */
export interface PhysicalFunctionReport {
  readonly address: PciAddress;
  readonly family: string;
  readonly generation: number;
  readonly driver?: string;
  readonly numaNode?: number;
  readonly totalVfs: number;
  readonly services: readonly string[];
  readonly state?: 'up' | 'down';
  readonly managed: boolean;
  readonly virtualFunctions: readonly VirtualFunctionReport[];
}

/** One virtual function in the report. */
export interface VirtualFunctionReport {
  readonly address: PciAddress;
  /** Free to allocate, held by a pod, or not offered (see the findings). */
  readonly state: 'free' | 'allocated' | 'unusable';
  readonly resource?: string;
  readonly driver?: string;
  readonly group?: number;
}

/** The report of an inventory; `allocated` are the functions that pods hold. */
export function nodeReport(inventory: QatInventory, allocated: ReadonlySet<PciAddress>): NodeReport {
  const reportOf = (part: VirtualFunction): VirtualFunctionReport => ({
    address: part.pciAddress,
    state: allocated.has(part.pciAddress) ? 'allocated' : part.usable && part.resourceName ? 'free' : 'unusable',
    resource: part.resourceName,
    driver: part.driver,
    group: part.iommuGroup,
  });
  const cards = new Set(inventory.physicalFunctions.map(({ pciAddress }) => pciAddress));
  const byCard = Map.groupBy(inventory.virtualFunctions, ({ physicalFunction }) =>
    physicalFunction !== undefined && cards.has(physicalFunction) ? physicalFunction : undefined,
  );
  const inOrder = (card: PciAddress | undefined) =>
    (byCard.get(card) ?? []).toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0)).map(reportOf);
  return {
    version: 1,
    physicalFunctions: inventory.physicalFunctions.map((card) => ({
      address: card.pciAddress,
      family: card.family,
      generation: card.generation,
      driver: card.driver,
      numaNode: card.numaNode,
      totalVfs: card.totalVfs,
      services: card.services,
      state: card.state,
      managed: card.managed,
      virtualFunctions: inOrder(card.pciAddress),
    })),
    ...(byCard.has(undefined) ? { orphans: inOrder(undefined) } : {}),
    findings: inventory.findings,
  };
}
