import type { ObjectMeta } from './meta.ts';
import type { ExperimentalMigrationOptions } from './migration-configuration.ts';
import type { EmptyObject, Int64, Quantity } from './scalars.ts';

export interface MigrationPolicy {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: MigrationPolicySpec;
  /** @nullable */
  status?: EmptyObject;
}

export interface MigrationPolicySpec {
  allowAutoConverge?: boolean;
  allowPostCopy?: boolean;
  allowWorkloadDisruption?: boolean;
  bandwidthPerMigration?: Quantity;
  completionTimeoutPerGiB?: Int64;
  experimental?: ExperimentalMigrationOptions;
  /**
   * @minimum 1
   * @maximum 2000000
   */
  maxDowntimeMs?: Int64;
  selectors: MigrationPolicySelectors;
}

export interface MigrationPolicySelectors {
  namespaceSelector?: Record<string, string>;
  virtualMachineInstanceSelector?: Record<string, string>;
}
