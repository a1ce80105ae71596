import type { LabelSelector } from '../meta.ts';
import type { Int32, Int64 } from '../scalars.ts';

export type NodeInclusionPolicy = 'Honor' | 'Ignore';

export type NodeSelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';

export type TaintEffect = 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';

export type TolerationOperator = 'Exists' | 'Equal';

export type UnsatisfiableConstraintAction = 'DoNotSchedule' | 'ScheduleAnyway';

export interface Affinity {
  nodeAffinity?: NodeAffinity;
  podAffinity?: PodAffinity;
  podAntiAffinity?: PodAntiAffinity;
}

export interface NodeAffinity {
  /** @listType atomic */
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
}

/** @mapType atomic */
export interface NodeSelector {
  /** @listType atomic */
  nodeSelectorTerms: NodeSelectorTerm[];
}

export interface NodeSelectorRequirement {
  key: string;
  operator: NodeSelectorOperator;
  /** @listType atomic */
  values?: string[];
}

/** @mapType atomic */
export interface NodeSelectorTerm {
  /** @listType atomic */
  matchExpressions?: NodeSelectorRequirement[];
  /** @listType atomic */
  matchFields?: NodeSelectorRequirement[];
}

export interface PodAffinity {
  /** @listType atomic */
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
  /** @listType atomic */
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
}

export interface PodAffinityTerm {
  labelSelector?: LabelSelector;
  /** @listType atomic */
  matchLabelKeys?: string[];
  /** @listType atomic */
  mismatchLabelKeys?: string[];
  namespaceSelector?: LabelSelector;
  /** @listType atomic */
  namespaces?: string[];
  topologyKey: string;
}

export interface PodAntiAffinity {
  /** @listType atomic */
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
  /** @listType atomic */
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
}

export interface PreferredSchedulingTerm {
  preference: NodeSelectorTerm;
  weight: Int32;
}

export interface WeightedPodAffinityTerm {
  podAffinityTerm: PodAffinityTerm;
  weight: Int32;
}

export interface Toleration {
  effect?: TaintEffect;
  key?: string;
  operator?: TolerationOperator;
  tolerationSeconds?: Int64;
  value?: string;
}

export interface TopologySpreadConstraint {
  labelSelector?: LabelSelector;
  /** @listType atomic */
  matchLabelKeys?: string[];
  maxSkew: Int32;
  minDomains?: Int32;
  nodeAffinityPolicy?: NodeInclusionPolicy;
  nodeTaintsPolicy?: NodeInclusionPolicy;
  topologyKey: string;
  whenUnsatisfiable: UnsatisfiableConstraintAction;
}
