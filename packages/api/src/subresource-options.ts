import type { TypedObjectReference } from './core/references.ts';
import type { Disk } from './disks.ts';
import type { LabelSelector } from './meta.ts';
import type { Duration, Int32, Int64 } from './scalars.ts';
import type { HotplugVolumeSource } from './volumes.ts';

/** Attaches a volume to a running guest. */
export interface AddVolumeOptions {
  /** Disk that the guest gets. */
  disk: Disk;
  /**
   * `All` checks the request and does nothing.
   * @listType atomic
   */
  dryRun?: string[];
  /** Name of the volume. */
  name: string;
  /** Where its data comes from. */
  volumeSource: HotplugVolumeSource;
}

/** Detaches a volume from a running guest. */
export interface RemoveVolumeOptions {
  /**
   * `All` checks the request and does nothing.
   * @listType atomic
   */
  dryRun?: string[];
  /** Name of the volume. */
  name: string;
}

/** Takes a guest's evacuation back. */
export interface EvacuateCancelOptions {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** `All` checks the request and does nothing. */
  dryRun?: string[];
  /** Node that the guest was to leave. */
  evacuationNodeName: string;
  /** Kind of this object. */
  kind?: string;
}

/** Freezes the guest's file systems. */
export interface FreezeUnfreezeTimeout {
  /** Time after which they are unfrozen by themselves. */
  unfreezeTimeout: Duration;
}

/** Moves a guest to another node. */
export interface MigrateOptions {
  /** Labels that the target node must have beside those that the VMI asks for. */
  addedNodeSelector?: Record<string, string>;
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** `All` checks the request and does nothing. */
  dryRun?: string[];
  /** Kind of this object. */
  kind?: string;
}

/** Pauses a guest. */
export interface PauseOptions {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** `All` checks the request and does nothing. */
  dryRun?: string[];
  /** Kind of this object. */
  kind?: string;
}

/** Lets a paused guest go on. */
export interface UnpauseOptions {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** `All` checks the request and does nothing. */
  dryRun?: string[];
  /** Kind of this object. */
  kind?: string;
}

/** Restarts a machine. */
export interface RestartOptions {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** `All` checks the request and does nothing. */
  dryRun?: string[];
  /** Seconds that the guest has to shut down; 0 cuts it off. Default: that of the VMI. */
  gracePeriodSeconds?: Int64;
  /** Kind of this object. */
  kind?: string;
}

/** Starts a machine. */
export interface StartOptions {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** `All` checks the request and does nothing. */
  dryRun?: string[];
  /** Kind of this object. */
  kind?: string;
  /** Starts the guest paused. Default: false. */
  paused?: boolean;
}

/** Stops a machine. */
export interface StopOptions {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** `All` checks the request and does nothing. */
  dryRun?: string[];
  /** Seconds that the guest has to shut down; 0 cuts it off. Default: that of the VMI. */
  gracePeriod?: Int64;
  /** Kind of this object. */
  kind?: string;
}

/** Injects a secret into an attested guest. */
export interface SEVSecretOptions {
  /** Header of the secret, Base64. */
  header?: string;
  /** The encrypted secret, Base64. */
  secret?: string;
}

/** Sets up a session for attestation. */
export interface SEVSessionOptions {
  /** Owner's Diffie-Hellman certificate, Base64. */
  dhCert?: string;
  /** Owner's session blob, Base64. */
  session?: string;
}

/** Which objects a graph shows. */
export interface ObjectGraphOptions {
  /** Shows objects that a machine can do without too. Default: true. */
  includeOptionalNodes?: boolean;
  /** Labels of the objects that are shown. */
  labelSelector?: LabelSelector;
}

/** An object that a machine depends on, and what that one depends on. */
export interface ObjectGraphNode {
  /** Version of the API that this object is written in. */
  apiVersion?: string;
  /** What it depends on. */
  children?: ObjectGraphNode[];
  /** Kind of this object. */
  kind?: string;
  /** Labels that tell what it is for. */
  labels?: Record<string, string>;
  /** The object. */
  objectReference: TypedObjectReference;
  /** Whether the machine can do without it. */
  optional?: boolean;
}

/** What an attested guest was started with. */
export interface SEVMeasurementInfo {
  /** Major version of the firmware's API. */
  apiMajor?: Int32;
  /** Minor version of the firmware's API. */
  apiMinor?: Int32;
  /** Version of the API that this object is written in. */
  apiVersion?: string;
  /** Build of the firmware. */
  buildID?: Int32;
  /** Kind of this object. */
  kind?: string;
  /** SHA-256 of the guest's firmware. */
  loaderSHA?: string;
  /** Launch measurement, Base64. */
  measurement?: string;
  /** Policy bits of the guest. */
  policy?: Int32;
}

/** What a platform shows of itself. */
export interface SEVPlatformInfo {
  /** Version of the API that this object is written in. */
  apiVersion?: string;
  /** Certificate chain, Base64. */
  certChain?: string;
  /** Kind of this object. */
  kind?: string;
  /** Diffie-Hellman key of the platform, Base64. */
  pdh?: string;
}
