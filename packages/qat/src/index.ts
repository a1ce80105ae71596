/** Intel QAT cards of a node, decided from facts: inventory, plans, findings, allocation, health. No I/O. */
export type { Finding, FindingCode } from './finding.ts';
export type { PhysicalFunction, QatGeneration, QatInventory, VirtualFunction } from './inventory.ts';
export {
  NODE_CONDITION,
  NODE_REPORT_ANNOTATION,
  type NodeReport,
  type PhysicalFunctionReport,
  type VirtualFunctionReport,
} from './node-report.ts';
export {
  isVfioDriver,
  type HeartbeatFacts,
  type NodeFacts,
  type PciFunction,
  type QatAttributes,
  type RasCounters,
  type SriovFacts,
} from './node-facts.ts';
export { comparePciAddresses, isPciAddress, virtualFunctionAddress, type PciAddress } from './pci-address.ts';
