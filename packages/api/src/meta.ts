import type { EmptyObject, Int64, Time } from './scalars.ts';

/**
 * `metadata` of an object as it is on the wire (meta/v1 ObjectMeta). Timestamps are RFC 3339 strings.
 * Source: Kubernetes API conventions, section "Metadata".
 */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: Int64;
  creationTimestamp?: Time;
  deletionTimestamp?: Time;
  deletionGracePeriodSeconds?: Int64;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFieldsEntry[];
}

/** One entry of `metadata.ownerReferences`: the object that this one is deleted with. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** One entry of `metadata.managedFields`: which manager owns which fields. */
export interface ManagedFieldsEntry {
  apiVersion?: string;
  fieldsType?: string;
  fieldsV1?: EmptyObject;
  manager?: string;
  operation?: string;
  subresource?: string;
  time?: Time;
}

export type LabelSelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

/** @mapType atomic */
export interface LabelSelector {
  /** @listType atomic */
  matchExpressions?: LabelSelectorRequirement[];
  matchLabels?: Record<string, string>;
}

export interface LabelSelectorRequirement {
  key: string;
  operator: LabelSelectorOperator;
  /** @listType atomic */
  values?: string[];
}

export interface ListMeta {
  continue?: string;
  remainingItemCount?: Int64;
  resourceVersion?: string;
  selfLink?: string;
}
