import type { ChangedBlockTrackingStatus } from './changed-block-tracking.ts';
import type { Condition } from './conditions.ts';
import type { DataVolumeTemplateSpec } from './data-volume.ts';
import type { ObjectMeta } from './meta.ts';
import type { LastFailure } from './last-failure.ts';
import type { MemoryDumpPhase, VirtualMachinePrintableStatus } from './phases.ts';
import type { Int64, Integer, Time } from './scalars.ts';
import type { AddVolumeOptions, RemoveVolumeOptions } from './subresource-options.ts';
import type { InstancetypeMatcher, InstancetypeStatusRef, PreferenceMatcher } from './vm-instancetype.ts';
import type { VirtualMachineInstanceTemplateSpec } from './vmi.ts';
import type { VolumeSnapshotStatus, VolumeUpdateState } from './volume-status.ts';

/** A start or a stop. */
export type StateChangeRequestAction = 'Start' | 'Stop';

/** What a change of volumes does to a running guest. */
export type UpdateVolumesStrategy = 'Replacement' | 'Migration';

/** When an instance of a machine runs. */
export type VirtualMachineRunStrategy = 'Always' | 'RerunOnFailure' | 'Manual' | 'Halted' | 'Once' | 'WaitAsReceiver';

/** A virtual machine that lasts: it keeps its disks and identity while instances of it start and stop. */
export interface VirtualMachine {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** When it runs, and what each instance looks like. */
  spec: VirtualMachineSpec;
  /** What is known of the machine. Only QuickVirt's controllers write it. */
  status?: VirtualMachineStatus;
}

/** When the machine runs, and what each instance looks like. Exactly one of `running` and `runStrategy` is set. */
export interface VirtualMachineSpec {
  /**
   * DataVolumes that are made for this machine and deleted with it.
   * @nullableItems
   */
  dataVolumeTemplates?: DataVolumeTemplateSpec[];
  /** Instance type that gives CPU and memory. */
  instancetype?: InstancetypeMatcher;
  /** Preference that gives defaults for what the template leaves out. */
  preference?: PreferenceMatcher;
  /**
   * When an instance runs: `Always`, `RerunOnFailure` (again only after a failure), `Once`, `Manual` (on request),
   * `Halted` (never), `WaitAsReceiver` (for a migration from another cluster). Default: `Halted`.
   */
  runStrategy?: VirtualMachineRunStrategy;
  /** Deprecated in favour of `runStrategy`: true means `Always`, false `Halted`. */
  running?: boolean;
  /** What each instance looks like. */
  template: VirtualMachineInstanceTemplateSpec;
  /**
   * What a change of volumes does to a running guest: `Replacement` waits for a restart, `Migration` copies the data
   * over while it runs. Default: `Replacement`.
   */
  updateVolumesStrategy?: UpdateVolumesStrategy;
}

/** What is known of a machine. */
export interface VirtualMachineStatus {
  /**
   * Tracking of changed blocks for incremental backups.
   * @nullable
   */
  changedBlockTracking?: ChangedBlockTrackingStatus;
  /**
   * Conditions of the machine and, mirrored, of its instance.
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /** Whether an instance exists. */
  created?: boolean;
  /** Generation of the object that the controller works towards. */
  desiredGeneration?: Int64;
  /**
   * Instance type that is in use, and the revision that is kept of it.
   * @nullable
   */
  instancetypeRef?: InstancetypeStatusRef;
  /** How an instance last ended badly; kept while later ones run. QuickVirt only. */
  lastFailure?: LastFailure;
  /**
   * Memory dump that was asked for.
   * @nullable
   */
  memoryDumpRequest?: VirtualMachineMemoryDumpRequest;
  /** Generation of the object that the controller has dealt with. */
  observedGeneration?: Int64;
  /**
   * Preference that is in use, and the revision that is kept of it.
   * @nullable
   */
  preferenceRef?: InstancetypeStatusRef;
  /**
   * The state in one word, for people.
   * @default "Stopped"
   */
  printableStatus?: VirtualMachinePrintableStatus;
  /** Whether the guest runs and is ready. */
  ready?: boolean;
  /** VirtualMachineRestore that works on the machine. */
  restoreInProgress?: string;
  /** Run strategy that the controller follows. */
  runStrategy?: VirtualMachineRunStrategy;
  /** VirtualMachineSnapshot that works on the machine. */
  snapshotInProgress?: string;
  /**
   * Starts that failed one after another.
   * @nullable
   */
  startFailure?: VirtualMachineStartFailure;
  /** Starts and stops that were asked for and are not done yet. */
  stateChangeRequests?: VirtualMachineStateChangeRequest[];
  /**
   * Hot plugs and unplugs that were asked for and are not done yet.
   * @listType atomic
   */
  volumeRequests?: VirtualMachineVolumeRequest[];
  /** Whether each volume can be part of a snapshot. */
  volumeSnapshotStatuses?: VolumeSnapshotStatus[];
  /** A change of volumes under way. */
  volumeUpdateState?: VolumeUpdateState;
}

/** A start or stop that was asked for. */
export interface VirtualMachineStateChangeRequest {
  /** What was asked for. */
  action: StateChangeRequestAction;
  /** Options of the request, for example `paused`. */
  data?: Record<string, string>;
  /** UID of the instance to stop; unset for a start. */
  uid?: string;
}

/** Starts that failed one after another. */
export interface VirtualMachineStartFailure {
  /** How many. */
  consecutiveFailCount?: Integer;
  /** UID of the last instance that failed. */
  lastFailedVMIUID?: string;
  /** When the next start is tried. */
  retryAfterTimestamp?: Time;
}

/** A volume to attach or detach. One of the members is set. */
export interface VirtualMachineVolumeRequest {
  /** Attaches a volume. */
  addVolumeOptions?: AddVolumeOptions;
  /** Detaches a volume. */
  removeVolumeOptions?: RemoveVolumeOptions;
}

/** A memory dump that was asked for. */
export interface VirtualMachineMemoryDumpRequest {
  /** Claim that the dump is written to. */
  claimName: string;
  /** When the dump ended. */
  endTimestamp?: Time;
  /** Name of the file on the volume. */
  fileName?: string;
  /** What went wrong, for people. */
  message?: string;
  /** How far the dump is. */
  phase: MemoryDumpPhase;
  /** Whether the volume is to be detached from the machine. */
  remove?: boolean;
  /** When the dump began. */
  startTimestamp?: Time;
}
