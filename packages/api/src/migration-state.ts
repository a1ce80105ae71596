import type { VMIMConfigurationOptions } from './migration-configuration.ts';
import type { Integer, Quantity, Time } from './scalars.ts';

export type MigrationAbortStatus = 'Succeeded' | 'Failed' | 'Aborting';

export type MigrationMode = 'PreCopy' | 'PostCopy' | 'Paused';

export type MigrationNetworkType = 'Pod' | 'Migration';

export interface VirtualMachineInstanceMigrationState {
  abortRequested?: boolean;
  abortStatus?: MigrationAbortStatus;
  completed?: boolean;
  /** @nullable */
  endTimestamp?: Time;
  failed?: boolean;
  failureReason?: string;
  migrationConfiguration?: VMIMConfigurationOptions;
  migrationNetworkType?: MigrationNetworkType;
  migrationPolicyName?: string;
  migrationUid?: string;
  mode?: MigrationMode;
  sourceNode?: string;
  sourcePersistentStatePVCName?: string;
  sourcePod?: string;
  sourceState?: VirtualMachineInstanceMigrationSourceState;
  /** @nullable */
  startTimestamp?: Time;
  targetAttachmentPodUID?: string;
  /** @listType atomic */
  targetCPUSet?: Integer[];
  targetDirectMigrationNodePorts?: Record<string, Integer>;
  targetMemoryOverhead?: Quantity;
  targetNode?: string;
  targetNodeAddress?: string;
  targetNodeDomainDetected?: boolean;
  targetNodeDomainReadyTimestamp?: Time;
  targetNodeTopology?: string;
  targetPersistentStatePVCName?: string;
  targetPod?: string;
  targetState?: VirtualMachineInstanceMigrationTargetState;
}

export interface VirtualMachineInstanceMigrationSourceState {
  domainName?: string;
  domainNamespace?: string;
  migrationUID?: string;
  node?: string;
  nodeSelectors?: Record<string, string>;
  persistentStatePVCName?: string;
  pod?: string;
  selinuxContext?: string;
  syncAddress?: string;
  virtualMachineInstanceUID?: string;
}

export interface VirtualMachineInstanceMigrationTargetState {
  attachmentPodUID?: string;
  /** @listType atomic */
  cpuSet?: Integer[];
  directMigrationNodePorts?: Record<string, Integer>;
  domainDetected?: boolean;
  domainName?: string;
  domainNamespace?: string;
  domainReadyTimestamp?: Time;
  migrationUID?: string;
  node?: string;
  nodeAddress?: string;
  nodeTopology?: string;
  persistentStatePVCName?: string;
  pod?: string;
  selinuxContext?: string;
  syncAddress?: string;
  virtualMachineInstanceUID?: string;
}
