import type { TypedObjectReference } from './core/references.ts';
import type { Disk } from './disks.ts';
import type { LabelSelector } from './meta.ts';
import type { Duration, Int32, Int64 } from './scalars.ts';
import type { HotplugVolumeSource } from './volumes.ts';

export interface AddVolumeOptions {
  disk: Disk;
  /** @listType atomic */
  dryRun?: string[];
  name: string;
  volumeSource: HotplugVolumeSource;
}

export interface RemoveVolumeOptions {
  /** @listType atomic */
  dryRun?: string[];
  name: string;
}

export interface EvacuateCancelOptions {
  apiVersion?: string;
  dryRun?: string[];
  evacuationNodeName: string;
  kind?: string;
}

export interface FreezeUnfreezeTimeout {
  unfreezeTimeout: Duration;
}

export interface MigrateOptions {
  addedNodeSelector?: Record<string, string>;
  apiVersion?: string;
  dryRun?: string[];
  kind?: string;
}

export interface PauseOptions {
  apiVersion?: string;
  dryRun?: string[];
  kind?: string;
}

export interface UnpauseOptions {
  apiVersion?: string;
  dryRun?: string[];
  kind?: string;
}

export interface RestartOptions {
  apiVersion?: string;
  dryRun?: string[];
  gracePeriodSeconds?: Int64;
  kind?: string;
}

export interface StartOptions {
  apiVersion?: string;
  dryRun?: string[];
  kind?: string;
  paused?: boolean;
}

export interface StopOptions {
  apiVersion?: string;
  dryRun?: string[];
  gracePeriod?: Int64;
  kind?: string;
}

export interface SEVSecretOptions {
  header?: string;
  secret?: string;
}

export interface SEVSessionOptions {
  dhCert?: string;
  session?: string;
}

export interface ObjectGraphOptions {
  includeOptionalNodes?: boolean;
  labelSelector?: LabelSelector;
}

export interface ObjectGraphNode {
  apiVersion?: string;
  children?: ObjectGraphNode[];
  kind?: string;
  labels?: Record<string, string>;
  objectReference: TypedObjectReference;
  optional?: boolean;
}

export interface SEVMeasurementInfo {
  apiMajor?: Int32;
  apiMinor?: Int32;
  apiVersion?: string;
  buildID?: Int32;
  kind?: string;
  loaderSHA?: string;
  measurement?: string;
  policy?: Int32;
}

export interface SEVPlatformInfo {
  apiVersion?: string;
  certChain?: string;
  kind?: string;
  pdh?: string;
}
