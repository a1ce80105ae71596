import type { ExperimentalMigrationOptions, MigrationConfiguration } from '@quickvirt/api';
import { bytesOr } from './read-values.ts';

/** How live migrations run, unless a MigrationPolicy says otherwise for a VMI. */
export interface MigrationConfig {
  readonly parallelMigrationsPerCluster: number;
  readonly parallelOutboundMigrationsPerNode: number;
  /** Bytes a second of one migration; 0 means no limit. */
  readonly bandwidthPerMigrationBytes: number;
  /** Seconds for each GiB of memory until a migration is given up. */
  readonly completionTimeoutPerGiBSeconds: number;
  /** Seconds without progress until a migration is given up. */
  readonly progressTimeoutSeconds: number;
  readonly utilityVolumesTimeoutSeconds: number;
  /** Longest pause of the guest at the switch-over. */
  readonly maxDowntimeMs: number;
  readonly allowAutoConverge: boolean;
  readonly allowPostCopy: boolean;
  readonly allowWorkloadDisruption: boolean;
  readonly disableTls: boolean;
  readonly unsafeMigrationOverride: boolean;
  readonly matchSELinuxLevelOnMigration: boolean;
  /** Taint key that makes VMs leave a node. */
  readonly nodeDrainTaintKey: string;
  /** NetworkAttachmentDefinition that carries migrations; undefined means the pod network. */
  readonly network?: string;
  readonly experimental?: ExperimentalMigrationOptions;
}

/** `migrations` with its defaults. Source: kubevirt-behaviour.md section 7c. */
export function migrationConfigFrom(migrations: MigrationConfiguration): MigrationConfig {
  return {
    parallelMigrationsPerCluster: migrations.parallelMigrationsPerCluster ?? 5,
    parallelOutboundMigrationsPerNode: migrations.parallelOutboundMigrationsPerNode ?? 2,
    bandwidthPerMigrationBytes: bytesOr(migrations.bandwidthPerMigration, 0),
    completionTimeoutPerGiBSeconds: migrations.completionTimeoutPerGiB ?? 150,
    progressTimeoutSeconds: migrations.progressTimeout ?? 150,
    utilityVolumesTimeoutSeconds: migrations.utilityVolumesTimeout ?? 150,
    maxDowntimeMs: migrations.maxDowntimeMs ?? 900,
    allowAutoConverge: migrations.allowAutoConverge ?? false,
    allowPostCopy: migrations.allowPostCopy ?? false,
    allowWorkloadDisruption: migrations.allowWorkloadDisruption ?? false,
    disableTls: migrations.disableTLS ?? false,
    unsafeMigrationOverride: migrations.unsafeMigrationOverride ?? false,
    matchSELinuxLevelOnMigration: migrations.matchSELinuxLevelOnMigration ?? true,
    nodeDrainTaintKey: migrations.nodeDrainTaintKey || 'kubevirt.io/drain',
    network: migrations.network || undefined,
  };
}
