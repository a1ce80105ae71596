import type { LabelSelector } from '../meta.ts';
import type { Int32, Int64 } from '../scalars.ts';

/** Whether nodes count. */
export type NodeInclusionPolicy = 'Honor' | 'Ignore';

/** How a requirement compares. */
export type NodeSelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

/** What a taint does. */
export type TaintEffect = 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';

/** How a toleration compares. */
export type TolerationOperator = 'Exists' | 'Equal';

/** What happens to a pod that cannot be spread as wanted. */
export type UnsatisfiableConstraintAction = 'DoNotSchedule' | 'ScheduleAnyway';

/** Which nodes and neighbours a pod prefers, needs or avoids. */
export interface Affinity {
  /** Rules about the node. */
  nodeAffinity?: NodeAffinity;
  /** Pods to be near to. */
  podAffinity?: PodAffinity;
  /** Pods to be away from. */
  podAntiAffinity?: PodAntiAffinity;
}

/** Rules about the node. */
export interface NodeAffinity {
  /**
   * Nodes that are preferred; the highest sum of weights wins.
   * @listType atomic
   */
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[];
  /** Nodes that are allowed. */
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
}

/**
 * Nodes that match any of the terms.
 * @mapType atomic
 */
export interface NodeSelector {
  /**
   * The terms.
   * @listType atomic
   */
  nodeSelectorTerms: NodeSelectorTerm[];
}

/** A requirement on one label or field. */
export interface NodeSelectorRequirement {
  /** The label or field. */
  key: string;
  /** How it is compared with the values. */
  operator: NodeSelectorOperator;
  /**
   * Values: none for `Exists` and `DoesNotExist`, one number for `Gt` and `Lt`.
   * @listType atomic
   */
  values?: string[];
}

/**
 * Nodes that match all of the requirements.
 * @mapType atomic
 */
export interface NodeSelectorTerm {
  /**
   * Requirements on labels.
   * @listType atomic
   */
  matchExpressions?: NodeSelectorRequirement[];
  /**
   * Requirements on fields; `metadata.name` is the only one.
   * @listType atomic
   */
  matchFields?: NodeSelectorRequirement[];
}

/** Pods to be near to. */
export interface PodAffinity {
  /**
   * Where it is better to be.
   * @listType atomic
   */
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
  /**
   * Where the pod has to be.
   * @listType atomic
   */
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
}

/** Pods in a topology. */
export interface PodAffinityTerm {
  /** Labels of the pods. */
  labelSelector?: LabelSelector;
  /**
   * Labels whose values must be equal to those of the new pod.
   * @listType atomic
   */
  matchLabelKeys?: string[];
  /**
   * Labels whose values must differ from those of the new pod.
   * @listType atomic
   */
  mismatchLabelKeys?: string[];
  /** Labels of the namespaces whose pods count. */
  namespaceSelector?: LabelSelector;
  /**
   * Names of the namespaces whose pods count. Default: that of the new pod.
   * @listType atomic
   */
  namespaces?: string[];
  /** Label of nodes that says what is near, for example `kubernetes.io/hostname`. */
  topologyKey: string;
}

/** Pods to be away from. */
export interface PodAntiAffinity {
  /**
   * Where it is better not to be.
   * @listType atomic
   */
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
  /**
   * Where the pod must not be.
   * @listType atomic
   */
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
}

/** Nodes that are preferred. */
export interface PreferredSchedulingTerm {
  /** The nodes. */
  preference: NodeSelectorTerm;
  /** How much, 1 to 100. */
  weight: Int32;
}

/** Pods in a topology, with a weight. */
export interface WeightedPodAffinityTerm {
  /** The pods. */
  podAffinityTerm: PodAffinityTerm;
  /** How much, 1 to 100. */
  weight: Int32;
}

/** Taints that are tolerated. */
export interface Toleration {
  /** Effect of the taint. Default: all. */
  effect?: TaintEffect;
  /** Key of the taint; empty with `Exists` means all. */
  key?: string;
  /** `Equal` compares the value, `Exists` takes any. Default: `Equal`. */
  operator?: TolerationOperator;
  /** Seconds that a `NoExecute` taint is tolerated. Default: for ever. */
  tolerationSeconds?: Int64;
  /** Value of the taint. */
  value?: string;
}

/** How pods are spread over a topology. */
export interface TopologySpreadConstraint {
  /** Labels of the pods that count. */
  labelSelector?: LabelSelector;
  /**
   * Labels whose values must be equal to those of the new pod.
   * @listType atomic
   */
  matchLabelKeys?: string[];
  /** By how many pods two parts of the topology may differ. */
  maxSkew: Int32;
  /** Parts of the topology that there must be. */
  minDomains?: Int32;
  /** Whether nodes that the pod may not run on count. Default: `Honor`. */
  nodeAffinityPolicy?: NodeInclusionPolicy;
  /** Whether nodes with taints that are not tolerated count. Default: `Ignore`. */
  nodeTaintsPolicy?: NodeInclusionPolicy;
  /** Label of nodes that makes the parts, for example `topology.kubernetes.io/zone`. */
  topologyKey: string;
  /** What happens to a pod that cannot be placed so. */
  whenUnsatisfiable: UnsatisfiableConstraintAction;
}
