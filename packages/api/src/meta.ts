import type { EmptyObject, Int64, Time } from './scalars.ts';

/**
 * `metadata` of an object as it is on the wire (meta/v1 ObjectMeta). Timestamps are RFC 3339 strings.
 * Source: Kubernetes API conventions, section "Metadata".
 */
export interface ObjectMeta {
  /** Name, unique among its kind in the namespace; it never changes. */
  name?: string;
  /** Beginning of a name that the API server completes, where `name` is not set. */
  generateName?: string;
  /** Namespace; unset for kinds of the cluster. */
  namespace?: string;
  /** Identity of this very object; one that is made again under the same name has another. */
  uid?: string;
  /** Version of the object; a write that carries an old one is refused. */
  resourceVersion?: string;
  /** Counts changes of the spec. */
  generation?: Int64;
  /** When the object was made. */
  creationTimestamp?: Time;
  /** When deletion was asked for; the object is there until its finalizers are gone. */
  deletionTimestamp?: Time;
  /** Seconds that the object has to end by itself. */
  deletionGracePeriodSeconds?: Int64;
  /** Keys and values to select objects by. */
  labels?: Record<string, string>;
  /** Keys and values for tools. */
  annotations?: Record<string, string>;
  /** Names of controllers that have cleanup to do first. */
  finalizers?: string[];
  /** Objects that this one is deleted with. */
  ownerReferences?: OwnerReference[];
  /** Which manager owns which fields. */
  managedFields?: ManagedFieldsEntry[];
}

/** An object that another one is deleted with. */
export interface OwnerReference {
  /** Version of the API of the owner's kind. */
  apiVersion: string;
  /** Kind of the owner. */
  kind: string;
  /** Name of the owner, in the same namespace. */
  name: string;
  /** UID of the owner. */
  uid: string;
  /** Whether the owner is the controller of this object; at most one is. */
  controller?: boolean;
  /** Whether the owner stays, when it is deleted in the foreground, until this object is gone. */
  blockOwnerDeletion?: boolean;
}

/** Fields that one manager owns. */
export interface ManagedFieldsEntry {
  /** Version of the API that the fields are written in. */
  apiVersion?: string;
  /** Format of `fieldsV1`; always `FieldsV1`. */
  fieldsType?: string;
  /** The fields, as a tree. */
  fieldsV1?: EmptyObject;
  /** Name of the manager. */
  manager?: string;
  /** `Apply` for server-side apply, else `Update`. */
  operation?: string;
  /** Subresource that was written. */
  subresource?: string;
  /** When the manager last changed one of them. */
  time?: Time;
}

/** How a requirement on a label compares. */
export type LabelSelectorOperator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

/**
 * Objects whose labels match all of the requirements.
 * @mapType atomic
 */
export interface LabelSelector {
  /**
   * Requirements on labels.
   * @listType atomic
   */
  matchExpressions?: LabelSelectorRequirement[];
  /** Labels and the values they must have. */
  matchLabels?: Record<string, string>;
}

/** A requirement on one label. */
export interface LabelSelectorRequirement {
  /** The label. */
  key: string;
  /** How it is compared with the values: `In`, `NotIn`, `Exists` or `DoesNotExist`. */
  operator: LabelSelectorOperator;
  /**
   * Values; none for `Exists` and `DoesNotExist`.
   * @listType atomic
   */
  values?: string[];
}

/** Metadata of a list. */
export interface ListMeta {
  /** Token for the next page; empty at the end. */
  continue?: string;
  /** Items on later pages. */
  remainingItemCount?: Int64;
  /** Version of the cluster's state that the list shows. */
  resourceVersion?: string;
  /** Deprecated, always empty. */
  selfLink?: string;
}
