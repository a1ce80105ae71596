export type InferFromVolumeFailurePolicy = 'Reject' | 'Ignore';

export interface InstancetypeMatcher {
  inferFromVolume?: string;
  inferFromVolumeFailurePolicy?: InferFromVolumeFailurePolicy;
  kind?: string;
  name?: string;
  revisionName?: string;
}

export interface PreferenceMatcher {
  inferFromVolume?: string;
  inferFromVolumeFailurePolicy?: InferFromVolumeFailurePolicy;
  kind?: string;
  name?: string;
  revisionName?: string;
}

export interface InstancetypeStatusRef {
  controllerRevisionRef?: ControllerRevisionRef;
  inferFromVolume?: string;
  inferFromVolumeFailurePolicy?: InferFromVolumeFailurePolicy;
  kind?: string;
  name?: string;
}

export interface ControllerRevisionRef {
  name?: string;
}
