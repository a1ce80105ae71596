/** What happens when a volume names no instance type or preference. */
export type InferFromVolumeFailurePolicy = 'Reject' | 'Ignore';

/** The instance type of a machine. */
export interface InstancetypeMatcher {
  /** Volume whose labels name the instance type. */
  inferFromVolume?: string;
  /** `Reject` refuses the machine when the volume names none, `Ignore` goes on without. Default: `Reject`. */
  inferFromVolumeFailurePolicy?: InferFromVolumeFailurePolicy;
  /** `VirtualMachineInstancetype` or `VirtualMachineClusterInstancetype`. Default: the latter. */
  kind?: string;
  /** Name of the instance type. */
  name?: string;
  /** ControllerRevision that holds the instance type as it was when first used. */
  revisionName?: string;
}

/** The preference of a machine. */
export interface PreferenceMatcher {
  /** Volume whose labels name the preference. */
  inferFromVolume?: string;
  /** `Reject` refuses the machine when the volume names none, `Ignore` goes on without. Default: `Reject`. */
  inferFromVolumeFailurePolicy?: InferFromVolumeFailurePolicy;
  /** `VirtualMachinePreference` or `VirtualMachineClusterPreference`. Default: the latter. */
  kind?: string;
  /** Name of the preference. */
  name?: string;
  /** ControllerRevision that holds the preference as it was when first used. */
  revisionName?: string;
}

/** The instance type or preference that a machine uses. */
export interface InstancetypeStatusRef {
  /** What is kept of it. */
  controllerRevisionRef?: ControllerRevisionRef;
  /** Volume whose labels named it. */
  inferFromVolume?: string;
  /** What happens when the volume names none. */
  inferFromVolumeFailurePolicy?: InferFromVolumeFailurePolicy;
  /** Kind of the object. */
  kind?: string;
  /** Name of the object. */
  name?: string;
}

/** A kept revision. */
export interface ControllerRevisionRef {
  /** Name of the ControllerRevision in the same namespace. */
  name?: string;
}
