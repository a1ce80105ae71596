import type { Int32, Int64, Quantity } from './scalars.ts';

/** Compression of memory pages that a migration sends. */
export type MigrationCompression = 'none' | 'zstd';

/** How live migrations run in this cluster. */
export interface MigrationConfiguration {
  /** Slows the guest down while its memory changes faster than it can be sent. Default: false. */
  allowAutoConverge?: boolean;
  /**
   * Lets the guest run on the target before all its memory is there; a lost connection then loses the guest. Default:
   * false.
   */
  allowPostCopy?: boolean;
  /**
   * Pauses the guest, or goes on to post-copy where that is allowed, when the time is up, instead of giving up.
   * Default: false.
   */
  allowWorkloadDisruption?: boolean;
  /** Bytes a second that one migration may send; 0 means no limit. Default: 0. */
  bandwidthPerMigration?: Quantity;
  /** Seconds for each GiB of memory and copied disk before a migration is given up. Default: 150. */
  completionTimeoutPerGiB?: Int64;
  /** Sends migrations in the clear. Default: false. */
  disableTLS?: boolean;
  /** Gives the target pod the SELinux level of the source. Default: true. */
  matchSELinuxLevelOnMigration?: boolean;
  /**
   * Longest pause of the guest at the switch-over, in milliseconds. Default: 900.
   * @minimum 1
   * @maximum 2000000
   */
  maxDowntimeMs?: Int64;
  /** NetworkAttachmentDefinition that carries migrations. Default: the pod network. */
  network?: string;
  /** Key of the taint that makes guests leave a node. Default: `kubevirt.io/drain`. */
  nodeDrainTaintKey?: string;
  /** Migrations that run in the cluster at once. Default: 5. */
  parallelMigrationsPerCluster?: Int32;
  /** Migrations that leave one node at once. Default: 2. */
  parallelOutboundMigrationsPerNode?: Int32;
  /** Seconds without progress before a migration is given up. Default: 150. */
  progressTimeout?: Int64;
  /** Migrates guests even where data may be lost, for example with caching disks. Default: false. */
  unsafeMigrationOverride?: boolean;
  /** Seconds that a migration waits for utility volumes to be detached. Default: 150. */
  utilityVolumesTimeout?: Int64;
}

/** How one live migration runs. */
export interface VMIMConfigurationOptions {
  /** Slows the guest down while its memory changes faster than it can be sent. Default: false. */
  allowAutoConverge?: boolean;
  /**
   * Lets the guest run on the target before all its memory is there; a lost connection then loses the guest. Default:
   * false.
   */
  allowPostCopy?: boolean;
  /**
   * Pauses the guest, or goes on to post-copy where that is allowed, when the time is up, instead of giving up.
   * Default: false.
   */
  allowWorkloadDisruption?: boolean;
  /** Bytes a second that one migration may send; 0 means no limit. Default: 0. */
  bandwidthPerMigration?: Quantity;
  /** Seconds for each GiB of memory and copied disk before a migration is given up. Default: 150. */
  completionTimeoutPerGiB?: Int64;
  /** Sends migrations in the clear. Default: false. */
  disableTLS?: boolean;
  /** Settings that may change or go away. */
  experimental?: ExperimentalMigrationOptions;
  /** Gives the target pod the SELinux level of the source. Default: true. */
  matchSELinuxLevelOnMigration?: boolean;
  /**
   * Longest pause of the guest at the switch-over, in milliseconds. Default: 900.
   * @minimum 1
   * @maximum 2000000
   */
  maxDowntimeMs?: Int64;
  /** NetworkAttachmentDefinition that carries migrations. Default: the pod network. */
  network?: string;
  /** Key of the taint that makes guests leave a node. Default: `kubevirt.io/drain`. */
  nodeDrainTaintKey?: string;
  /** Migrations that run in the cluster at once. Default: 5. */
  parallelMigrationsPerCluster?: Int32;
  /** Migrations that leave one node at once. Default: 2. */
  parallelOutboundMigrationsPerNode?: Int32;
  /** Seconds without progress before a migration is given up. Default: 150. */
  progressTimeout?: Int64;
  /** Migrates guests even where data may be lost, for example with caching disks. Default: false. */
  unsafeMigrationOverride?: boolean;
  /** Seconds that a migration waits for utility volumes to be detached. Default: 150. */
  utilityVolumesTimeout?: Int64;
}

/** Settings of migrations that may change or go away. */
export interface ExperimentalMigrationOptions {
  /**
   * Compression of the memory that is sent. Default: `none`.
   * @enforced
   */
  compression?: MigrationCompression;
  /** Lets the allowed pause grow while a migration does not get done. */
  downtimeTuning?: DowntimeTuningOptions;
  /** Finds out when a migration no longer gets nearer to its end. */
  stallDetector?: StallDetectorOptions;
}

/** When a migration counts as stalled. */
export interface StallDetectorOptions {
  /** Multiplies the time that a migration may take. */
  completionTimeoutFactor?: Quantity;
  /** Weight of the newest value in the moving average, between 0 and 1. */
  ewmaAlpha?: Quantity;
  /** How fast patience shrinks with each stall. */
  patienceWindowDecayFactor?: Quantity;
  /** How much faster than memory is dirtied it has to be sent for copying before the switch-over. */
  precopyPossibleFactor?: Quantity;
  /** Waits for a moment when little is left to send. */
  searchLocalMinima?: boolean;
  /**
   * Per cent of progress below which a migration counts as stalled.
   * @minimum 0
   * @maximum 100
   */
  stallMargin?: Int64;
  /** Seconds without progress before a migration counts as stalled. */
  stallProgressTimeout?: Int64;
  /** Seconds that the switch-over may take. */
  switchoverTimeout?: Int64;
}

/** How the allowed pause grows. */
export interface DowntimeTuningOptions {
  /**
   * Seconds between two steps.
   * @minimum 1
   */
  cooldownSeconds?: Int32;
  /**
   * Milliseconds of pause allowed at first.
   * @minimum 1
   */
  initialMs?: Int64;
  /**
   * Passes over the memory before the first step.
   * @minimum 1
   */
  startAfterIteration?: Int64;
  /**
   * Steps to the longest pause.
   * @minimum 1
   */
  steps?: Int32;
}
