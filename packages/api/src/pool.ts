import type { Condition } from './conditions.ts';
import type { NodeSelectorRequirement } from './core/scheduling.ts';
import type { LabelSelector, ObjectMeta } from './meta.ts';
import type { Duration, EmptyObject, Int32, IntOrString } from './scalars.ts';
import type { VirtualMachineSpec } from './vm.ts';

export type StatePreservation = 'Disabled' | 'Offline' | 'Online';

export type VirtualMachinePoolSortPolicy = 'Random' | 'Oldest' | 'Newest' | 'AscendingOrder' | 'DescendingOrder';

export interface VirtualMachineTemplateSpec {
  /**
   * @nullable
   * @preserveUnknownFields
   */
  metadata?: ObjectMeta;
  spec?: VirtualMachineSpec;
}

export interface VirtualMachinePool {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachinePoolSpec;
  status?: VirtualMachinePoolStatus;
}

export interface VirtualMachinePoolAutohealingStrategy {
  minFailingToStartDuration?: Duration;
  /** @minimum 1 */
  startUpFailureThreshold?: Int32;
}

export interface VirtualMachinePoolNameGeneration {
  appendIndexToConfigMapRefs?: boolean;
  appendIndexToSecretRefs?: boolean;
}

export interface VirtualMachinePoolOpportunisticScaleInStrategy {
  /** @enforced */
  statePreservation?: StatePreservation;
}

export interface VirtualMachinePoolProactiveScaleInStrategy {
  selectionPolicy?: VirtualMachinePoolSelectionPolicy;
  /** @enforced */
  statePreservation?: StatePreservation;
}

export interface VirtualMachinePoolProactiveUpdateStrategy {
  selectionPolicy?: VirtualMachinePoolSelectionPolicy;
}

export interface VirtualMachinePoolScaleInStrategy {
  opportunistic?: VirtualMachinePoolOpportunisticScaleInStrategy;
  proactive?: VirtualMachinePoolProactiveScaleInStrategy;
  unmanaged?: EmptyObject;
}

export interface VirtualMachinePoolSelectionPolicy {
  selectors?: VirtualMachinePoolSelectors;
  /** @enforced */
  sortPolicy?: VirtualMachinePoolSortPolicy;
}

export interface VirtualMachinePoolSelectors {
  labelSelector?: LabelSelector;
  nodeSelectorRequirementMatcher?: NodeSelectorRequirement[];
}

export interface VirtualMachinePoolSpec {
  autohealing?: VirtualMachinePoolAutohealingStrategy;
  maxUnavailable?: IntOrString;
  nameGeneration?: VirtualMachinePoolNameGeneration;
  paused?: boolean;
  replicas?: Int32;
  scaleInStrategy?: VirtualMachinePoolScaleInStrategy;
  selector: LabelSelector;
  updateStrategy?: VirtualMachinePoolUpdateStrategy;
  virtualMachineTemplate: VirtualMachineTemplateSpec;
}

export interface VirtualMachinePoolStatus {
  /**
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  labelSelector?: string;
  readyReplicas?: Int32;
  replicas?: Int32;
}

export interface VirtualMachinePoolUpdateStrategy {
  opportunistic?: EmptyObject;
  proactive?: VirtualMachinePoolProactiveUpdateStrategy;
  unmanaged?: EmptyObject;
}
