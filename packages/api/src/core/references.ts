import type { Int32, Quantity } from '../scalars.ts';

export type ImagePullPolicy = 'Always' | 'IfNotPresent' | 'Never';

/** @mapType atomic */
export interface LocalObjectReference {
  /** @default "" */
  name?: string;
}

/** @mapType atomic */
export interface TypedLocalObjectReference {
  apiGroup?: string;
  kind: string;
  name: string;
}

export interface TypedObjectReference {
  apiGroup?: string;
  kind: string;
  name: string;
  namespace?: string;
}

/** @mapType atomic */
export interface ObjectFieldSelector {
  apiVersion?: string;
  fieldPath: string;
}

/** @mapType atomic */
export interface ResourceFieldSelector {
  containerName?: string;
  divisor?: Quantity;
  resource: string;
}

export interface DownwardAPIVolumeFile {
  fieldRef?: ObjectFieldSelector;
  mode?: Int32;
  path: string;
  resourceFieldRef?: ResourceFieldSelector;
}
