import type { DomainSpec } from './domain.ts';
import type { LabelSelector, ObjectMeta } from './meta.ts';

export interface VirtualMachineInstancePreset {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec?: VirtualMachineInstancePresetSpec;
}

export interface VirtualMachineInstancePresetSpec {
  domain?: DomainSpec;
  selector: LabelSelector;
}
