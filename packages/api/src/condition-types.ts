/** `status.conditions[].type` of a VirtualMachineInstance. */
export const vmiConditions = {
  ready: 'Ready',
  podScheduled: 'PodScheduled',
  provisioning: 'Provisioning',
  synchronized: 'Synchronized',
  paused: 'Paused',
  agentConnected: 'AgentConnected',
  agentVersionNotSupported: 'AgentVersionNotSupported',
  accessCredentialsSynchronized: 'AccessCredentialsSynchronized',
  liveMigratable: 'LiveMigratable',
  storageLiveMigratable: 'StorageLiveMigratable',
  dataVolumesReady: 'DataVolumesReady',
  hotVcpuChange: 'HotVCPUChange',
  hotMemoryChange: 'HotMemoryChange',
  volumesChange: 'VolumesChange',
  migrationRequired: 'MigrationRequired',
  evictionRequested: 'EvictionRequested',
  softwareEmulation: 'SoftwareEmulation',
  decentralizedLiveMigrationFailure: 'DecentralizedLiveMigrationFailure',
  /** Ours: the launcher pod was removed before its end was told, and its node has no process of it any more. */
  launcherGone: 'LauncherGone',
} as const;

/** `status.conditions[].type` of a VirtualMachine, beside those of its VMI, which it mirrors. */
export const vmConditions = {
  failure: 'Failure',
  ready: 'Ready',
  paused: 'Paused',
  restartRequired: 'RestartRequired',
  manualRecoveryRequired: 'ManualRecoveryRequired',
} as const;

/** `status.conditions[].type` of a VirtualMachineInstanceMigration. */
export const migrationConditions = {
  abortRequested: 'migrationAbortRequested',
  rejectedByResourceQuota: 'migrationRejectedByResourceQuota',
  blockedByUtilityVolumes: 'migrationBlockedByUtilityVolumes',
  blockedByBackup: 'migrationBlockedByBackup',
  decentralizedBlocked: 'decentralizedMigrationBlocked',
} as const;

/** `status.conditions[].type` of replica sets and pools. */
export const replicaConditions = { replicaFailure: 'ReplicaFailure', replicaPaused: 'ReplicaPaused' } as const;

/** `status.conditions[].type` of the KubeVirt CR. */
export const kubevirtConditions = {
  available: 'Available',
  /** Ours: no certificate is about to end unrenewed. */
  certificatesCurrent: 'CertificatesCurrent',
  created: 'Created',
  degraded: 'Degraded',
  progressing: 'Progressing',
  synchronized: 'Synchronized',
} as const;

/** `status.conditions[].type` of snapshots and restores. */
export const snapshotConditions = { ready: 'Ready', progressing: 'Progressing', failure: 'Failure' } as const;

/** `status.conditions[].type` of clones. */
export const cloneConditions = { ready: 'Ready', progressing: 'Progressing' } as const;

/** `status.conditions[].type` of exports. */
export const exportConditions = {
  ready: 'Ready',
  pvcReady: 'PVCReady',
  volumesCreated: 'VolumesCreated',
  ociReady: 'OCIReady',
} as const;

/** `status.conditions[].type` of backups. */
export const backupConditions = {
  complete: 'Complete',
  failed: 'Failed',
  progressing: 'Progressing',
  quiesced: 'Quiesced',
} as const;
