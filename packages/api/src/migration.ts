import type { Condition } from './conditions.ts';
import type { ObjectMeta } from './meta.ts';
import type { VirtualMachineInstanceMigrationState } from './migration-state.ts';
import type { VirtualMachineInstanceMigrationPhase } from './phases.ts';
import type { Time } from './scalars.ts';

/** How a migration ranks in the queue. */
export type MigrationPriority = 'system-critical' | 'user-triggered' | 'system-maintenance';

/** Moves a running guest to another node. */
export interface VirtualMachineInstanceMigration {
  /** Version of the API that this object is written in, for example `kubevirt.io/v1`. */
  apiVersion?: string;
  /** Kind of this object. */
  kind?: string;
  /** Name, namespace, labels and what else every Kubernetes object carries. */
  metadata: ObjectMeta;
  /** Which guest moves, and where to. */
  spec: VirtualMachineInstanceMigrationSpec;
  /** How far it is. */
  status?: VirtualMachineInstanceMigrationStatus;
}

/** Which guest moves, and where to. */
export interface VirtualMachineInstanceMigrationSpec {
  /** Labels that the target node must have beside those that the VMI asks for. */
  addedNodeSelector?: Record<string, string>;
  /** How the migration ranks in the queue. Set by QuickVirt's controllers. */
  priority?: MigrationPriority;
  /** Takes a guest over from another cluster or namespace. */
  receive?: VirtualMachineInstanceMigrationTarget;
  /** Hands the guest to another cluster or namespace. */
  sendTo?: VirtualMachineInstanceMigrationSource;
  /** Name of the VMI in the same namespace. */
  vmiName?: string;
}

/** How far a migration is. */
export interface VirtualMachineInstanceMigrationStatus {
  /**
   * Conditions of the migration.
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  /** The migration as it was copied from the VMI. */
  migrationState?: VirtualMachineInstanceMigrationState;
  /** Where in its life the migration is. */
  phase?: VirtualMachineInstanceMigrationPhase;
  /**
   * When the migration came into each phase.
   * @listType atomic
   */
  phaseTransitionTimestamps?: VirtualMachineInstanceMigrationPhaseTransitionTimestamp[];
  /**
   * Addresses by which the other side reaches this one.
   * @listType atomic
   */
  synchronizationAddresses?: string[];
}

/** Where a guest is handed to. */
export interface VirtualMachineInstanceMigrationSource {
  /** Address of the receiving side. */
  connectURL: string;
  /** Id that both sides share. */
  migrationID: string;
}

/** What a guest is received by. */
export interface VirtualMachineInstanceMigrationTarget {
  /** Id that both sides share. */
  migrationID: string;
}

/** When a phase began. */
export interface VirtualMachineInstanceMigrationPhaseTransitionTimestamp {
  /** The phase. */
  phase?: VirtualMachineInstanceMigrationPhase;
  /** When it began. */
  phaseTransitionTimestamp?: Time;
}
