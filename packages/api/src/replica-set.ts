import type { Condition } from './conditions.ts';
import type { LabelSelector, ObjectMeta } from './meta.ts';
import type { Int32 } from './scalars.ts';
import type { VirtualMachineInstanceTemplateSpec } from './vmi.ts';

export interface VirtualMachineInstanceReplicaSet {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineInstanceReplicaSetSpec;
  /** @nullable */
  status?: VirtualMachineInstanceReplicaSetStatus;
}

export interface VirtualMachineInstanceReplicaSetSpec {
  paused?: boolean;
  replicas?: Int32;
  selector: LabelSelector;
  template: VirtualMachineInstanceTemplateSpec;
}

export interface VirtualMachineInstanceReplicaSetStatus {
  /**
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  labelSelector?: string;
  readyReplicas?: Int32;
  replicas?: Int32;
}
