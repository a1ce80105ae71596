/** Intel QAT cards of a node, decided from facts: inventory, plans, findings, allocation, health. No I/O. */
export {
  preferredAllocation,
  type AllocatableFunction,
  type AllocationRequest,
  type AllocationRules,
} from './allocation.ts';
export { classifyFailure, type StepFailure } from './classify-failure.ts';
export { builtInFamilies, familyOf, knownFamilies } from './device-families.ts';
export type { Finding, FindingCode } from './finding.ts';
export { bindFailed, foreignPlugin, iommuDisabled } from './findings.ts';
export { acknowledgeErrors, groupHealth, type AcknowledgedErrors } from './health.ts';
export type { PhysicalFunction, QatGeneration, QatInventory, VirtualFunction } from './inventory.ts';
export { describeFinding, nodeHealth, type NodeHealth } from './node-condition.ts';
export {
  NODE_CONDITION,
  NODE_REPORT_ANNOTATION,
  nodeReport,
  type NodeReport,
  type PhysicalFunctionReport,
  type VirtualFunctionReport,
} from './node-report.ts';
export {
  isVfioDriver,
  vfioGroupNodes,
  type HeartbeatFacts,
  type NodeFacts,
  type PciFunction,
  type QatAttributes,
  type RasCounters,
  type SriovFacts,
} from './node-facts.ts';
export { emptyMemory, type NodeMemory } from './node-memory.ts';
export { comparePciAddresses, isPciAddress, virtualFunctionAddress, type PciAddress } from './pci-address.ts';
export { describeStep, type Plan, type PlanStep } from './plan.ts';
export { planNode } from './plan-node.ts';
export { firstPurpose, predictFacts, predictRounds } from './predict.ts';
export { servicesProblem } from './services.ts';
export type { QatSettings } from './settings.ts';
export { takeInventory } from './take-inventory.ts';
export { takesAway } from './takes-away.ts';
export { draDevice, draDeviceName, pciAddressOfDraDevice } from './dra-device.ts';
export { offerSideOf, type OfferSide } from './offer-side.ts';
export { decideResourceSlices, type PublishedSlice, type SliceWrite } from './resource-slices.ts';
