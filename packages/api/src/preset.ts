import type { DomainSpec } from './domain.ts';
import type { LabelSelector, ObjectMeta } from './meta.ts';

/** Deprecated in favour of preferences: fills in parts of VMIs with matching labels as they are made. */
export interface VirtualMachineInstancePreset {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** What is filled in, and where. */
  spec?: VirtualMachineInstancePresetSpec;
}

/** What is filled in, and where. */
export interface VirtualMachineInstancePresetSpec {
  /** Virtual hardware that is merged into matching VMIs. */
  domain?: DomainSpec;
  /** Labels of the VMIs. */
  selector: LabelSelector;
}
