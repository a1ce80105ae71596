import type { Condition } from './conditions.ts';
import type { NodeSelectorRequirement } from './core/scheduling.ts';
import type { LabelSelector, ObjectMeta } from './meta.ts';
import type { Duration, EmptyObject, Int32, IntOrString } from './scalars.ts';
import type { VirtualMachineSpec } from './vm.ts';

/** What is kept of a machine that a pool gives up. */
export type StatePreservation = 'Disabled' | 'Offline' | 'Online';

/** Which machines of a pool come first. */
export type VirtualMachinePoolSortPolicy = 'Random' | 'Oldest' | 'Newest' | 'AscendingOrder' | 'DescendingOrder';

/** What each machine of a pool looks like. */
export interface VirtualMachineTemplateSpec {
  /**
   * Labels and annotations of the machine.
   * @nullable
   * @preserveUnknownFields
   */
  metadata?: ObjectMeta;
  /** The machine. */
  spec?: VirtualMachineSpec;
}

/** Keeps a number of machines made from one template. */
export interface VirtualMachinePool {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** How many machines there are, and what they look like. */
  spec: VirtualMachinePoolSpec;
  /** How many there are. */
  status?: VirtualMachinePoolStatus;
}

/** When a machine is replaced. */
export interface VirtualMachinePoolAutohealingStrategy {
  /** Time that a machine must have failed for. Default: `5m`. */
  minFailingToStartDuration?: Duration;
  /**
   * Starts in a row that must have failed. Default: 3.
   * @minimum 1
   */
  startUpFailureThreshold?: Int32;
}

/** What gets a machine's number at the end of its name. */
export interface VirtualMachinePoolNameGeneration {
  /** ConfigMaps that its volumes refer to. Default: false. */
  appendIndexToConfigMapRefs?: boolean;
  /** Secrets that its volumes refer to. Default: false. */
  appendIndexToSecretRefs?: boolean;
}

/** Machines go that do not run. */
export interface VirtualMachinePoolOpportunisticScaleInStrategy {
  /**
   * What is kept of them. Default: `Disabled`, nothing.
   * @enforced
   */
  statePreservation?: StatePreservation;
}

/** Machines go at once. */
export interface VirtualMachinePoolProactiveScaleInStrategy {
  /** Which ones. */
  selectionPolicy?: VirtualMachinePoolSelectionPolicy;
  /**
   * What is kept of them. Default: `Disabled`, nothing.
   * @enforced
   */
  statePreservation?: StatePreservation;
}

/** Machines are updated at once, by a restart where that is needed. */
export interface VirtualMachinePoolProactiveUpdateStrategy {
  /** Which ones first. */
  selectionPolicy?: VirtualMachinePoolSelectionPolicy;
}

/** Which machines go when there are too many. One of the members is set. */
export interface VirtualMachinePoolScaleInStrategy {
  /** Only machines that do not run. */
  opportunistic?: VirtualMachinePoolOpportunisticScaleInStrategy;
  /** Running machines too. */
  proactive?: VirtualMachinePoolProactiveScaleInStrategy;
  /** None: they are deleted by hand. */
  unmanaged?: EmptyObject;
}

/** Which machines come first. */
export interface VirtualMachinePoolSelectionPolicy {
  /** Those that match. */
  selectors?: VirtualMachinePoolSelectors;
  /**
   * Order among equals. Default: `Random`.
   * @enforced
   */
  sortPolicy?: VirtualMachinePoolSortPolicy;
}

/** Machines that come first. */
export interface VirtualMachinePoolSelectors {
  /** Labels of the machine. */
  labelSelector?: LabelSelector;
  /** Labels of the node it runs on. */
  nodeSelectorRequirementMatcher?: NodeSelectorRequirement[];
}

/** How many machines there are, and what they look like. */
export interface VirtualMachinePoolSpec {
  /** Replaces machines that do not come up. */
  autohealing?: VirtualMachinePoolAutohealingStrategy;
  /** Machines, by number or per cent, that may be out of service during an update. Default: 100%. */
  maxUnavailable?: IntOrString;
  /** What of a machine's volumes gets its number. */
  nameGeneration?: VirtualMachinePoolNameGeneration;
  /** Stops making, changing and deleting machines. Default: false. */
  paused?: boolean;
  /** How many machines. Default: 1. */
  replicas?: Int32;
  /** Which machines go when there are too many. Default: any, proactively. */
  scaleInStrategy?: VirtualMachinePoolScaleInStrategy;
  /** Labels of the machines that count; the template must have them. */
  selector: LabelSelector;
  /** How a changed template reaches the machines. Default: proactively. */
  updateStrategy?: VirtualMachinePoolUpdateStrategy;
  /** What each machine looks like. */
  virtualMachineTemplate: VirtualMachineTemplateSpec;
}

/** How many machines there are. */
export interface VirtualMachinePoolStatus {
  /**
   * Conditions of the pool.
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /** The selector as text, for the scale subresource. */
  labelSelector?: string;
  /** Machines that are ready. */
  readyReplicas?: Int32;
  /** Machines that exist. */
  replicas?: Int32;
}

/** How a changed template reaches the machines. One of the members is set. */
export interface VirtualMachinePoolUpdateStrategy {
  /** As each machine is restarted. */
  opportunistic?: EmptyObject;
  /** At once. */
  proactive?: VirtualMachinePoolProactiveUpdateStrategy;
  /** Not at all. */
  unmanaged?: EmptyObject;
}
