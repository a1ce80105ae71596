import type { Int32, Int64, Quantity } from './scalars.ts';

export type MigrationCompression = 'none' | 'zstd';

export interface MigrationConfiguration {
  allowAutoConverge?: boolean;
  allowPostCopy?: boolean;
  allowWorkloadDisruption?: boolean;
  bandwidthPerMigration?: Quantity;
  completionTimeoutPerGiB?: Int64;
  disableTLS?: boolean;
  matchSELinuxLevelOnMigration?: boolean;
  /**
   * @minimum 1
   * @maximum 2000000
   */
  maxDowntimeMs?: Int64;
  network?: string;
  nodeDrainTaintKey?: string;
  parallelMigrationsPerCluster?: Int32;
  parallelOutboundMigrationsPerNode?: Int32;
  progressTimeout?: Int64;
  unsafeMigrationOverride?: boolean;
  utilityVolumesTimeout?: Int64;
}

export interface VMIMConfigurationOptions {
  allowAutoConverge?: boolean;
  allowPostCopy?: boolean;
  allowWorkloadDisruption?: boolean;
  bandwidthPerMigration?: Quantity;
  completionTimeoutPerGiB?: Int64;
  disableTLS?: boolean;
  experimental?: ExperimentalMigrationOptions;
  matchSELinuxLevelOnMigration?: boolean;
  /**
   * @minimum 1
   * @maximum 2000000
   */
  maxDowntimeMs?: Int64;
  network?: string;
  nodeDrainTaintKey?: string;
  parallelMigrationsPerCluster?: Int32;
  parallelOutboundMigrationsPerNode?: Int32;
  progressTimeout?: Int64;
  unsafeMigrationOverride?: boolean;
  utilityVolumesTimeout?: Int64;
}

export interface ExperimentalMigrationOptions {
  /** @enforced */
  compression?: MigrationCompression;
  downtimeTuning?: DowntimeTuningOptions;
  stallDetector?: StallDetectorOptions;
}

export interface StallDetectorOptions {
  completionTimeoutFactor?: Quantity;
  ewmaAlpha?: Quantity;
  patienceWindowDecayFactor?: Quantity;
  precopyPossibleFactor?: Quantity;
  searchLocalMinima?: boolean;
  /**
   * @minimum 0
   * @maximum 100
   */
  stallMargin?: Int64;
  stallProgressTimeout?: Int64;
  switchoverTimeout?: Int64;
}

export interface DowntimeTuningOptions {
  /** @minimum 1 */
  cooldownSeconds?: Int32;
  /** @minimum 1 */
  initialMs?: Int64;
  /** @minimum 1 */
  startAfterIteration?: Int64;
  /** @minimum 1 */
  steps?: Int32;
}
