import type { Condition } from './conditions.ts';
import type { TypedLocalObjectReference } from './core/references.ts';
import type { ObjectMeta } from './meta.ts';
import type { VirtualMachineSnapshotPhase } from './phases.ts';
import type { Duration, Time } from './scalars.ts';

export type DeletionPolicy = 'Delete' | 'Retain';

export type SnapshotIndication =
  'Online' | 'NoGuestAgent' | 'GuestAgent' | 'QuiesceTimeout' | 'Paused' | 'PartialSnapshot';

export interface VirtualMachineSnapshot {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineSnapshotSpec;
  status?: VirtualMachineSnapshotStatus;
}

export interface VirtualMachineSnapshotSpec {
  deletionPolicy?: DeletionPolicy;
  failureDeadline?: Duration;
  source: TypedLocalObjectReference;
}

export interface VirtualMachineSnapshotStatus {
  /**
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /** @nullable */
  creationTime?: Time;
  error?: SnapshotError;
  /** @listType set */
  indications?: SnapshotIndication[];
  phase?: VirtualMachineSnapshotPhase;
  readyToUse?: boolean;
  snapshotVolumes?: SnapshotVolumesLists;
  /** @listType atomic */
  sourceIndications?: SnapshotSourceIndication[];
  sourceUID?: string;
  virtualMachineSnapshotContentName?: string;
}

export interface SnapshotVolumesLists {
  /** @listType set */
  excludedVolumes?: string[];
  /** @listType set */
  includedVolumes?: string[];
}

export interface SnapshotSourceIndication {
  indication: SnapshotIndication;
  message: string;
}

export interface SnapshotError {
  message?: string;
  time?: Time;
}
