import type { Condition } from './conditions.ts';
import type { TypedLocalObjectReference } from './core/references.ts';
import type { ObjectMeta } from './meta.ts';
import type { VirtualMachineClonePhase } from './phases.ts';
import type { Time } from './scalars.ts';

export type VolumeNamePolicy = 'RandomizeNames' | 'PrefixTargetName';

export interface VirtualMachineClone {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineCloneSpec;
  status?: VirtualMachineCloneStatus;
}

export interface VirtualMachineCloneSpec {
  /** @listType atomic */
  annotationFilters?: string[];
  /** @listType atomic */
  labelFilters?: string[];
  newMacAddresses?: Record<string, string>;
  newSMBiosSerial?: string;
  /** @listType atomic */
  patches?: string[];
  source: TypedLocalObjectReference;
  target?: TypedLocalObjectReference;
  template?: VirtualMachineCloneTemplateFilters;
  /** @enforced */
  volumeNamePolicy?: VolumeNamePolicy;
}

export interface VirtualMachineCloneStatus {
  /**
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /** @nullable */
  creationTime?: Time;
  phase?: VirtualMachineClonePhase;
  /** @nullable */
  restoreName?: string;
  /** @nullable */
  snapshotName?: string;
  /** @nullable */
  targetName?: string;
}

export interface VirtualMachineCloneTemplateFilters {
  /** @listType atomic */
  annotationFilters?: string[];
  /** @listType atomic */
  labelFilters?: string[];
}
