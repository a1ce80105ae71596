/**
 * Where in its life a VMI is: waiting (``, Pending, Scheduling, Scheduled), Running, or at its end (Succeeded, Failed).
 */
export type VirtualMachineInstancePhase =
  '' | 'Pending' | 'Scheduling' | 'Scheduled' | 'Running' | 'Succeeded' | 'Failed' | 'WaitingForSync' | 'Unknown';

/** Where in its life a migration is. */
export type VirtualMachineInstanceMigrationPhase =
  | ''
  | 'Pending'
  | 'Scheduling'
  | 'Scheduled'
  | 'PreparingTarget'
  | 'TargetReady'
  | 'Running'
  | 'Succeeded'
  | 'Failed'
  | 'WaitingForSync'
  | 'Synchronizing';

/** State of a machine in one word. */
export type VirtualMachinePrintableStatus =
  | 'Stopped'
  | 'Provisioning'
  | 'Starting'
  | 'Running'
  | 'Paused'
  | 'Stopping'
  | 'Terminating'
  | 'Migrating'
  | 'CrashLoopBackOff'
  | 'WaitingForVolumeBinding'
  | 'WaitingForReceiver'
  | 'ErrorUnschedulable'
  | 'ErrImagePull'
  | 'ImagePullBackOff'
  | 'ErrorPvcNotFound'
  | 'DataVolumeError'
  | 'Unknown';

/** State of the installation. */
export type KubeVirtPhase = 'Deploying' | 'Deployed' | 'Deleting' | 'Deleted';

/** State of a snapshot. */
export type VirtualMachineSnapshotPhase = '' | 'InProgress' | 'Succeeded' | 'Failed' | 'Deleting' | 'Unknown';

/** State of a clone. */
export type VirtualMachineClonePhase =
  '' | 'SnapshotInProgress' | 'CreatingTargetVM' | 'RestoreInProgress' | 'Succeeded' | 'Failed' | 'Unknown';

/** State of an export. */
export type VirtualMachineExportPhase = 'Pending' | 'Ready' | 'Terminated' | 'Skipped';

/** State of a volume of a running guest. */
export type VolumePhase =
  | 'Pending'
  | 'Bound'
  | 'AttachedToNode'
  | 'MountedToPod'
  | 'Ready'
  | 'Detaching'
  | 'UnMountedFromPod'
  | 'MemoryDumpInProgress'
  | 'MemoryDumpCompleted'
  | 'MemoryDumpFailed';

/** State of a memory dump. */
export type MemoryDumpPhase = 'Associating' | 'InProgress' | 'Unmounting' | 'Completed' | 'Dissociating' | 'Failed';
