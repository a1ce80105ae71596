import type { Condition } from './conditions.ts';
import type { ObjectMeta } from './meta.ts';
import type { VirtualMachineInstanceMigrationState } from './migration-state.ts';
import type { VirtualMachineInstanceMigrationPhase } from './phases.ts';
import type { Time } from './scalars.ts';

export type MigrationPriority = 'system-critical' | 'user-triggered' | 'system-maintenance';

export interface VirtualMachineInstanceMigration {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: VirtualMachineInstanceMigrationSpec;
  status?: VirtualMachineInstanceMigrationStatus;
}

export interface VirtualMachineInstanceMigrationSpec {
  addedNodeSelector?: Record<string, string>;
  priority?: MigrationPriority;
  receive?: VirtualMachineInstanceMigrationTarget;
  sendTo?: VirtualMachineInstanceMigrationSource;
  vmiName?: string;
}

export interface VirtualMachineInstanceMigrationStatus {
  /**
   * @listType map
   * @listMapKeys type
   */
  conditions?: Condition[];
  migrationState?: VirtualMachineInstanceMigrationState;
  phase?: VirtualMachineInstanceMigrationPhase;
  /** @listType atomic */
  phaseTransitionTimestamps?: VirtualMachineInstanceMigrationPhaseTransitionTimestamp[];
  /** @listType atomic */
  synchronizationAddresses?: string[];
}

export interface VirtualMachineInstanceMigrationSource {
  connectURL: string;
  migrationID: string;
}

export interface VirtualMachineInstanceMigrationTarget {
  migrationID: string;
}

export interface VirtualMachineInstanceMigrationPhaseTransitionTimestamp {
  phase?: VirtualMachineInstanceMigrationPhase;
  phaseTransitionTimestamp?: Time;
}
