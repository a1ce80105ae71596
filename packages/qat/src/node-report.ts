import type { Finding } from './finding.ts';
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
