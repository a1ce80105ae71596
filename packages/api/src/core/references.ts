import type { Int32, Quantity } from '../scalars.ts';

/** When a container image is pulled. */
export type ImagePullPolicy = 'Always' | 'IfNotPresent' | 'Never';

/**
 * An object in the same namespace.
 * @mapType atomic
 */
export interface LocalObjectReference {
  /**
   * Name of the object.
   * @default ""
   */
  name?: string;
}

/**
 * An object of a given kind in the same namespace.
 * @mapType atomic
 */
export interface TypedLocalObjectReference {
  /** API group of the kind; empty for the core group. */
  apiGroup?: string;
  /** Kind of the object. */
  kind: string;
  /** Name of the object. */
  name: string;
}

/** An object of a given kind. */
export interface TypedObjectReference {
  /** API group of the kind; empty for the core group. */
  apiGroup?: string;
  /** Kind of the object. */
  kind: string;
  /** Name of the object. */
  name: string;
  /** Namespace of the object. Default: the same. */
  namespace?: string;
}

/**
 * A field of the pod.
 * @mapType atomic
 */
export interface ObjectFieldSelector {
  /** Version of the API that the path is written in. Default: `v1`. */
  apiVersion?: string;
  /** Path of the field, for example `metadata.name`. */
  fieldPath: string;
}

/**
 * An amount that a container asks for or is limited to.
 * @mapType atomic
 */
export interface ResourceFieldSelector {
  /** Name of the container. */
  containerName?: string;
  /** Unit of the output, for example `1Mi`. Default: 1. */
  divisor?: Quantity;
  /** The amount, for example `limits.cpu`. */
  resource: string;
}

/** A file with a fact. One of `fieldRef` and `resourceFieldRef` is set. */
export interface DownwardAPIVolumeFile {
  /** A field of the pod. */
  fieldRef?: ObjectFieldSelector;
  /** Permission bits of the file. */
  mode?: Int32;
  /** Path of the file, relative and without `..`. */
  path: string;
  /** An amount that a container asks for or is limited to. */
  resourceFieldRef?: ResourceFieldSelector;
}
