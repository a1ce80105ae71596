import type { Int32, Quantity } from '../scalars.ts';

export type ImagePullPolicy = 'Always' | 'IfNotPresent' | 'Never';

export interface LocalObjectReference {
  /** @default "" */
  name?: string;
}

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

export interface ObjectFieldSelector {
  apiVersion?: string;
  fieldPath: string;
}

export interface ResourceFieldSelector {
  containerName?: string;
  divisor?: Quantity;
  resource: string;
}

export interface DownwardAPIVolumeFile {
  /** @mapType atomic */
  fieldRef?: ObjectFieldSelector;
  mode?: Int32;
  path: string;
  /** @mapType atomic */
  resourceFieldRef?: ResourceFieldSelector;
}
