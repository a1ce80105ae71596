export type VirtualMachineInstancePhase =
  '' | 'Pending' | 'Scheduling' | 'Scheduled' | 'Running' | 'Succeeded' | 'Failed' | 'WaitingForSync' | 'Unknown';

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

export type KubeVirtPhase = 'Deploying' | 'Deployed' | 'Deleting' | 'Deleted';

export type VirtualMachineSnapshotPhase = '' | 'InProgress' | 'Succeeded' | 'Failed' | 'Deleting' | 'Unknown';

export type VirtualMachineClonePhase =
  '' | 'SnapshotInProgress' | 'CreatingTargetVM' | 'RestoreInProgress' | 'Succeeded' | 'Failed' | 'Unknown';

export type VirtualMachineExportPhase = 'Pending' | 'Ready' | 'Terminated' | 'Skipped';

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

export type MemoryDumpPhase = 'Associating' | 'InProgress' | 'Unmounting' | 'Completed' | 'Dissociating' | 'Failed';
