import type { Condition } from './conditions.ts';
import type { TypedLocalObjectReference } from './core/references.ts';
import type { ObjectMeta } from './meta.ts';
import type { VirtualMachineSnapshotPhase } from './phases.ts';
import type { Duration, Time } from './scalars.ts';

/** What happens to a snapshot's content when the snapshot is deleted. */
export type DeletionPolicy = 'Delete' | 'Retain';

/** What is worth knowing about how a snapshot was taken. */
export type SnapshotIndication =
  'Online' | 'NoGuestAgent' | 'GuestAgent' | 'QuiesceTimeout' | 'Paused' | 'PartialSnapshot';

/** The state of a machine and its volumes at one moment. */
export interface VirtualMachineSnapshot {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** Which machine. */
  spec: VirtualMachineSnapshotSpec;
  /** How far it is. */
  status?: VirtualMachineSnapshotStatus;
}

/** Which machine a snapshot is of. */
export interface VirtualMachineSnapshotSpec {
  /** Whether the content is deleted with the snapshot or kept. Default: `Delete`. */
  deletionPolicy?: DeletionPolicy;
  /** Time after which an unfinished snapshot counts as failed; 0 means never. Default: `5m`. */
  failureDeadline?: Duration;
  /** The machine, in the same namespace. */
  source: TypedLocalObjectReference;
}

/** How far a snapshot is. */
export interface VirtualMachineSnapshotStatus {
  /**
   * Conditions of the snapshot.
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /**
   * When the snapshot was taken.
   * @nullable
   */
  creationTime?: Time;
  /** What last went wrong. */
  error?: SnapshotError;
  /**
   * Deprecated in favour of `sourceIndications`. How the snapshot was taken.
   * @listType set
   */
  indications?: SnapshotIndication[];
  /** State of the snapshot. */
  phase?: VirtualMachineSnapshotPhase;
  /** Whether a machine can be restored from it. */
  readyToUse?: boolean;
  /** Which volumes are in it. */
  snapshotVolumes?: SnapshotVolumesLists;
  /**
   * How the snapshot was taken, with explanations.
   * @listType atomic
   */
  sourceIndications?: SnapshotSourceIndication[];
  /** UID of the machine. */
  sourceUID?: string;
  /** VirtualMachineSnapshotContent that holds the state. */
  virtualMachineSnapshotContentName?: string;
}

/** Which volumes are in a snapshot. */
export interface SnapshotVolumesLists {
  /**
   * Volumes that cannot be in it.
   * @listType set
   */
  excludedVolumes?: string[];
  /**
   * Volumes that are in it.
   * @listType set
   */
  includedVolumes?: string[];
}

/** Something worth knowing about how a snapshot was taken. */
export interface SnapshotSourceIndication {
  /** What it is, in one word. */
  indication: SnapshotIndication;
  /** What it is, for people. */
  message: string;
}

/** What went wrong. */
export interface SnapshotError {
  /** What went wrong, for people. */
  message?: string;
  /** When it went wrong. */
  time?: Time;
}
