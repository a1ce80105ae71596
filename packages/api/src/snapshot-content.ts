import type { PersistentVolumeClaimSpec } from './core/persistent-volume-claim.ts';
import type { ObjectMeta } from './meta.ts';
import type { Time } from './scalars.ts';
import type { SnapshotError } from './snapshot.ts';
import type { VirtualMachineSpec, VirtualMachineStatus } from './vm.ts';

/** The state that a snapshot holds. QuickVirt makes it. */
export interface VirtualMachineSnapshotContent {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** The state. */
  spec: VirtualMachineSnapshotContentSpec;
  /** How far it is. */
  status?: VirtualMachineSnapshotContentStatus;
}

/** The state of a machine and its volumes. */
export interface VirtualMachineSnapshotContentSpec {
  /** The machine as it was. */
  source: SnapshotContentSource;
  /** VirtualMachineSnapshot that it belongs to. */
  virtualMachineSnapshotName?: string;
  /**
   * Its volumes.
   * @listType atomic
   */
  volumeBackups?: VolumeBackup[];
}

/** How far the content is. */
export interface VirtualMachineSnapshotContentStatus {
  /**
   * When the state was taken.
   * @nullable
   */
  creationTime?: Time;
  /** What last went wrong. */
  error?: SnapshotError;
  /** Whether a machine can be restored from it. */
  readyToUse?: boolean;
  /**
   * State of each volume's snapshot.
   * @listType atomic
   */
  volumeSnapshotStatus?: SnapshotContentVolumeStatus[];
}

/** A machine as it was. */
export interface SnapshotContentSource {
  /** The VirtualMachine. */
  virtualMachine?: SnapshotVirtualMachine;
}

/** A VirtualMachine as it was. */
export interface SnapshotVirtualMachine {
  /**
   * Its metadata.
   * @nullable
   * @preserveUnknownFields
   */
  metadata?: ObjectMeta;
  /** Its spec. */
  spec?: VirtualMachineSpec;
  /** Its status. */
  status?: VirtualMachineStatus;
}

/** A claim as it was. */
export interface SnapshotPersistentVolumeClaim {
  /**
   * Its metadata.
   * @preserveUnknownFields
   */
  metadata?: ObjectMeta;
  /** Its spec. */
  spec?: PersistentVolumeClaimSpec;
}

/** A volume in a snapshot. */
export interface VolumeBackup {
  /** The claim as it was. */
  persistentVolumeClaim: SnapshotPersistentVolumeClaim;
  /** Name of the volume in the machine. */
  volumeName: string;
  /** VolumeSnapshot that holds its data. */
  volumeSnapshotName?: string;
}

/** State of a volume's snapshot. */
export interface SnapshotContentVolumeStatus {
  /**
   * When it was taken.
   * @nullable
   */
  creationTime?: Time;
  /** What last went wrong. */
  error?: SnapshotError;
  /** Whether a volume can be made from it. */
  readyToUse?: boolean;
  /** Name of the VolumeSnapshot. */
  volumeSnapshotName: string;
}
