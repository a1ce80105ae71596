import type { ObjectMeta } from '@quickvirt/api';
import type {
  V1Container,
  V1PodSpec,
  V1SecurityContext,
  V1Volume,
  V1VolumeDevice,
  V1VolumeMount,
} from '@kubernetes/client-node';

/** A pod as we create it: no status yet. */
export interface Pod {
  apiVersion: 'v1';
  kind: 'Pod';
  metadata: ObjectMeta;
  spec: Omit<V1PodSpec, 'volumes'> & { volumes?: PodVolume[] };
}

/** client-node's models are classes; what we make are plain objects of the same shape. */
type Plain<T> = { [Field in keyof T]: T[Field] };

export type Container = V1Container;
export type SecurityContext = Plain<V1SecurityContext>;
/** Generic ephemeral volumes hold times as `Date`, which no JSON has; we make none. */
export type PodVolume = Omit<V1Volume, 'ephemeral'>;
export type VolumeMount = V1VolumeMount;
export type VolumeDevice = V1VolumeDevice;
