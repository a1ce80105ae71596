import type { VMIMConfigurationOptions } from './migration-configuration.ts';
import type { Integer, Quantity, Time } from './scalars.ts';

/** How a request to abort went. */
export type MigrationAbortStatus = 'Succeeded' | 'Failed' | 'Aborting';

/** How memory is copied: before the switch-over, after it, or while the guest is paused. */
export type MigrationMode = 'PreCopy' | 'PostCopy' | 'Paused';

/** Network that carries a migration. */
export type MigrationNetworkType = 'Pod' | 'Migration';

/** A migration of a guest. */
export interface VirtualMachineInstanceMigrationState {
  /** Whether it is to be aborted. */
  abortRequested?: boolean;
  /** How the request to abort went. */
  abortStatus?: MigrationAbortStatus;
  /** Whether it has ended. */
  completed?: boolean;
  /**
   * When it ended.
   * @nullable
   */
  endTimestamp?: Time;
  /** Whether it failed. */
  failed?: boolean;
  /** Why it failed. */
  failureReason?: string;
  /** Settings it runs with, frozen when it began. */
  migrationConfiguration?: VMIMConfigurationOptions;
  /** Network that carries it. */
  migrationNetworkType?: MigrationNetworkType;
  /** MigrationPolicy that applies. */
  migrationPolicyName?: string;
  /** UID of the VirtualMachineInstanceMigration. */
  migrationUid?: string;
  /** How memory is copied. */
  mode?: MigrationMode;
  /** Node that the guest leaves. */
  sourceNode?: string;
  /** Claim with TPM and UEFI state on the source side. */
  sourcePersistentStatePVCName?: string;
  /** Launcher pod that the guest leaves. */
  sourcePod?: string;
  /** The source side, where it is in another cluster or namespace. */
  sourceState?: VirtualMachineInstanceMigrationSourceState;
  /**
   * When it began.
   * @nullable
   */
  startTimestamp?: Time;
  /** UID of the pod that hot-plugged volumes are attached through on the target. */
  targetAttachmentPodUID?: string;
  /**
   * Physical CPUs of the target that dedicated CPUs are pinned to.
   * @listType atomic
   */
  targetCPUSet?: Integer[];
  /** Ports of the target node, by number, and the port of the migration stream that each carries. */
  targetDirectMigrationNodePorts?: Record<string, Integer>;
  /** Memory that the target pod has beyond the guest's. */
  targetMemoryOverhead?: Quantity;
  /** Node that the guest moves to. */
  targetNode?: string;
  /** Address of the target node's virt-handler. */
  targetNodeAddress?: string;
  /** Whether the domain is there on the target. */
  targetNodeDomainDetected?: boolean;
  /** When the domain ran on the target. */
  targetNodeDomainReadyTimestamp?: Time;
  /** CPU and NUMA topology of the target, as JSON. */
  targetNodeTopology?: string;
  /** Claim with TPM and UEFI state on the target side. */
  targetPersistentStatePVCName?: string;
  /** Launcher pod that the guest moves to. */
  targetPod?: string;
  /** The target side, where it is in another cluster or namespace. */
  targetState?: VirtualMachineInstanceMigrationTargetState;
}

/** The side that a guest leaves. */
export interface VirtualMachineInstanceMigrationSourceState {
  /** Name of the VMI there. */
  domainName?: string;
  /** Namespace of the VMI there. */
  domainNamespace?: string;
  /** UID of the migration there. */
  migrationUID?: string;
  /** Node there. */
  node?: string;
  /** Labels that the target node must have. */
  nodeSelectors?: Record<string, string>;
  /** Claim with TPM and UEFI state. */
  persistentStatePVCName?: string;
  /** Launcher pod there. */
  pod?: string;
  /** SELinux label of the launcher. */
  selinuxContext?: string;
  /** Address by which the other side keeps in step. */
  syncAddress?: string;
  /** UID of the VMI there. */
  virtualMachineInstanceUID?: string;
}

/** The side that a guest moves to. */
export interface VirtualMachineInstanceMigrationTargetState {
  /** UID of the pod that hot-plugged volumes are attached through. */
  attachmentPodUID?: string;
  /**
   * Physical CPUs that dedicated CPUs are pinned to.
   * @listType atomic
   */
  cpuSet?: Integer[];
  /** Ports of the node, by number, and the port of the migration stream that each carries. */
  directMigrationNodePorts?: Record<string, Integer>;
  /** Whether the domain is there. */
  domainDetected?: boolean;
  /** Name of the VMI there. */
  domainName?: string;
  /** Namespace of the VMI there. */
  domainNamespace?: string;
  /** When the domain ran. */
  domainReadyTimestamp?: Time;
  /** UID of the migration there. */
  migrationUID?: string;
  /** Node there. */
  node?: string;
  /** Address of that node's virt-handler. */
  nodeAddress?: string;
  /** CPU and NUMA topology of the node, as JSON. */
  nodeTopology?: string;
  /** Claim with TPM and UEFI state. */
  persistentStatePVCName?: string;
  /** Launcher pod there. */
  pod?: string;
  /** SELinux label of the launcher. */
  selinuxContext?: string;
  /** Address by which the other side keeps in step. */
  syncAddress?: string;
  /** UID of the VMI there. */
  virtualMachineInstanceUID?: string;
}
