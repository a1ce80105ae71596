import type { Condition } from './conditions.ts';
import type { LabelSelector, ObjectMeta } from './meta.ts';
import type { Int32 } from './scalars.ts';
import type { VirtualMachineInstanceTemplateSpec } from './vmi.ts';

/** Keeps a number of equal, interchangeable VMIs running. */
export interface VirtualMachineInstanceReplicaSet {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** How many VMIs there are, and what they look like. */
  spec: VirtualMachineInstanceReplicaSetSpec;
  /**
   * How many there are.
   * @nullable
   */
  status?: VirtualMachineInstanceReplicaSetStatus;
}

/** How many VMIs there are, and what they look like. */
export interface VirtualMachineInstanceReplicaSetSpec {
  /** Stops making and deleting VMIs. Default: false. */
  paused?: boolean;
  /** How many. Default: 1. */
  replicas?: Int32;
  /** Labels of the VMIs that count; the template must have them. */
  selector: LabelSelector;
  /** What each VMI looks like. */
  template: VirtualMachineInstanceTemplateSpec;
}

/** How many VMIs there are. */
export interface VirtualMachineInstanceReplicaSetStatus {
  /**
   * Conditions of the replica set.
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /** The selector as text, for the scale subresource. */
  labelSelector?: string;
  /** VMIs that are ready. */
  readyReplicas?: Int32;
  /** VMIs that exist. */
  replicas?: Int32;
}
