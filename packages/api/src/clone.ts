import type { Condition } from './conditions.ts';
import type { TypedLocalObjectReference } from './core/references.ts';
import type { ObjectMeta } from './meta.ts';
import type { VirtualMachineClonePhase } from './phases.ts';
import type { Time } from './scalars.ts';

/** Names of a clone's volumes. */
export type VolumeNamePolicy = 'RandomizeNames' | 'PrefixTargetName';

/** Makes a machine that is a copy of another one. */
export interface VirtualMachineClone {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** Which machine, and what differs in the copy. */
  spec: VirtualMachineCloneSpec;
  /** How far it is. */
  status?: VirtualMachineCloneStatus;
}

/** Which machine is copied, and what differs in the copy. */
export interface VirtualMachineCloneSpec {
  /**
   * Annotations of the machine that are copied: patterns with `*`, and `!` before those that are not. Default: all.
   * @listType atomic
   */
  annotationFilters?: string[];
  /**
   * Labels of the machine that are copied: patterns with `*`, and `!` before those that are not. Default: all.
   * @listType atomic
   */
  labelFilters?: string[];
  /** New MAC addresses, by interface; an empty one means a random one. Default: random ones. */
  newMacAddresses?: Record<string, string>;
  /** New serial number. Default: a random one. */
  newSMBiosSerial?: string;
  /**
   * JSON patches, as text, of the machine that is made.
   * @listType atomic
   */
  patches?: string[];
  /** Machine or snapshot that is copied, in the same namespace. */
  source: TypedLocalObjectReference;
  /** Machine that is made. Default: a generated name. */
  target?: TypedLocalObjectReference;
  /** What of the template is copied. */
  template?: VirtualMachineCloneTemplateFilters;
  /**
   * `RandomizeNames` makes new names for volumes, `PrefixTargetName` puts the machine's name before them. Default:
   * `RandomizeNames`.
   * @enforced
   */
  volumeNamePolicy?: VolumeNamePolicy;
}

/** How far a clone is. */
export interface VirtualMachineCloneStatus {
  /**
   * Conditions of the clone.
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /**
   * When the machine was made.
   * @nullable
   */
  creationTime?: Time;
  /** State of the clone. */
  phase?: VirtualMachineClonePhase;
  /**
   * VirtualMachineRestore that makes the copy.
   * @nullable
   */
  restoreName?: string;
  /**
   * VirtualMachineSnapshot that the copy is made from.
   * @nullable
   */
  snapshotName?: string;
  /**
   * Machine that is made.
   * @nullable
   */
  targetName?: string;
}

/** What of a template is copied. */
export interface VirtualMachineCloneTemplateFilters {
  /**
   * Annotations of the template that are copied: patterns with `*`, and `!` before those that are not. Default: all.
   * @listType atomic
   */
  annotationFilters?: string[];
  /**
   * Labels of the template that are copied: patterns with `*`, and `!` before those that are not. Default: all.
   * @listType atomic
   */
  labelFilters?: string[];
}
