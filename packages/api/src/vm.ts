import type { ChangedBlockTrackingStatus } from './changed-block-tracking.ts';
import type { Condition } from './conditions.ts';
import type { DataVolumeTemplateSpec } from './data-volume.ts';
import type { ObjectMeta } from './meta.ts';
import type { MemoryDumpPhase, VirtualMachinePrintableStatus } from './phases.ts';
import type { Int64, Integer, Time } from './scalars.ts';
import type { AddVolumeOptions, RemoveVolumeOptions } from './subresource-options.ts';
import type { InstancetypeMatcher, InstancetypeStatusRef, PreferenceMatcher } from './vm-instancetype.ts';
import type { VirtualMachineInstanceTemplateSpec } from './vmi.ts';
import type { VolumeSnapshotStatus, VolumeUpdateState } from './volume-status.ts';

export type StateChangeRequestAction = 'Start' | 'Stop';

export type UpdateVolumesStrategy = 'Replacement' | 'Migration';

export type VirtualMachineRunStrategy = 'Always' | 'RerunOnFailure' | 'Manual' | 'Halted' | 'Once' | 'WaitAsReceiver';

export interface VirtualMachine {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineSpec;
  status?: VirtualMachineStatus;
}

export interface VirtualMachineSpec {
  /** @nullableItems */
  dataVolumeTemplates?: DataVolumeTemplateSpec[];
  instancetype?: InstancetypeMatcher;
  preference?: PreferenceMatcher;
  runStrategy?: VirtualMachineRunStrategy;
  running?: boolean;
  template: VirtualMachineInstanceTemplateSpec;
  updateVolumesStrategy?: UpdateVolumesStrategy;
}

export interface VirtualMachineStatus {
  /** @nullable */
  changedBlockTracking?: ChangedBlockTrackingStatus;
  /**
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  created?: boolean;
  desiredGeneration?: Int64;
  /** @nullable */
  instancetypeRef?: InstancetypeStatusRef;
  /** @nullable */
  memoryDumpRequest?: VirtualMachineMemoryDumpRequest;
  observedGeneration?: Int64;
  /** @nullable */
  preferenceRef?: InstancetypeStatusRef;
  /** @default "Stopped" */
  printableStatus?: VirtualMachinePrintableStatus;
  ready?: boolean;
  restoreInProgress?: string;
  runStrategy?: VirtualMachineRunStrategy;
  snapshotInProgress?: string;
  /** @nullable */
  startFailure?: VirtualMachineStartFailure;
  stateChangeRequests?: VirtualMachineStateChangeRequest[];
  /** @listType atomic */
  volumeRequests?: VirtualMachineVolumeRequest[];
  volumeSnapshotStatuses?: VolumeSnapshotStatus[];
  volumeUpdateState?: VolumeUpdateState;
}

export interface VirtualMachineStateChangeRequest {
  action: StateChangeRequestAction;
  data?: Record<string, string>;
  uid?: string;
}

export interface VirtualMachineStartFailure {
  consecutiveFailCount?: Integer;
  lastFailedVMIUID?: string;
  retryAfterTimestamp?: Time;
}

export interface VirtualMachineVolumeRequest {
  addVolumeOptions?: AddVolumeOptions;
  removeVolumeOptions?: RemoveVolumeOptions;
}

export interface VirtualMachineMemoryDumpRequest {
  claimName: string;
  endTimestamp?: Time;
  fileName?: string;
  message?: string;
  phase: MemoryDumpPhase;
  remove?: boolean;
  startTimestamp?: Time;
}
