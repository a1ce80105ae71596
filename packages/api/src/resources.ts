import type { VirtualMachineBackup, VirtualMachineBackupTracker } from './backup.ts';
import type { VirtualMachineClone } from './clone.ts';
import type { VirtualMachineExport } from './export.ts';
import type { VirtualMachineClusterInstancetype, VirtualMachineInstancetype } from './instancetype.ts';
import type { KubeVirt } from './kubevirt.ts';
import type { VirtualMachineInstanceMigration } from './migration.ts';
import type { MigrationPolicy } from './migration-policy.ts';
import type { Plugin } from './plugin.ts';
import type { VirtualMachinePool } from './pool.ts';
import type { VirtualMachineClusterPreference, VirtualMachinePreference } from './preference.ts';
import type { VirtualMachineInstancePreset } from './preset.ts';
import type { VirtualMachineInstanceReplicaSet } from './replica-set.ts';
import type { VirtualMachineRestore } from './restore.ts';
import type { VirtualMachineSnapshot } from './snapshot.ts';
import type { VirtualMachineSnapshotContent } from './snapshot-content.ts';
import type { VirtualMachine } from './vm.ts';
import type { VirtualMachineInstance } from './vmi.ts';
import type { ObjectMeta } from './meta.ts';
import type { Resource, ScalePaths } from './resource.ts';

function resource<T extends { metadata: ObjectMeta }>(
  definition: Omit<Resource, 'objectType' | 'selectableFields'> & { selectableFields?: readonly string[] },
): Resource<T> {
  return { selectableFields: [], ...definition };
}

const replicaScale: ScalePaths = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.status.labelSelector',
};

export const virtualMachineInstances = resource<VirtualMachineInstance>({
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachineInstance',
  plural: 'virtualmachineinstances',
  singular: 'virtualmachineinstance',
  shortNames: ['vmi', 'vmis'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1' }, { name: 'v1alpha3', deprecated: true }],
  status: true,
  columns: [
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'IP', type: 'string', jsonPath: '.status.interfaces[0].ipAddress' },
    { name: 'NodeName', type: 'string', jsonPath: '.status.nodeName' },
    { name: 'Ready', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
    {
      name: 'Live-Migratable',
      type: 'string',
      jsonPath: ".status.conditions[?(@.type=='LiveMigratable')].status",
      wide: true,
    },
    { name: 'Paused', type: 'string', jsonPath: ".status.conditions[?(@.type=='Paused')].status", wide: true },
  ],
  selectableFields: ['.status.nodeName', '.status.migrationState.targetNode'],
});

export const virtualMachines = resource<VirtualMachine>({
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachine',
  plural: 'virtualmachines',
  singular: 'virtualmachine',
  shortNames: ['vm', 'vms'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1' }, { name: 'v1alpha3', deprecated: true }],
  status: true,
  columns: [
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Status', type: 'string', jsonPath: '.status.printableStatus' },
    { name: 'Ready', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" },
  ],
});

export const virtualMachineInstancePresets = resource<VirtualMachineInstancePreset>({
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachineInstancePreset',
  plural: 'virtualmachineinstancepresets',
  singular: 'virtualmachineinstancepreset',
  shortNames: ['vmipreset', 'vmipresets'],
  categories: ['all'],
  namespaced: true,
  versions: [
    { name: 'v1', deprecated: true },
    { name: 'v1alpha3', deprecated: true },
  ],
  storageVersion: 'v1alpha3',
  status: false,
  columns: [],
});

export const virtualMachineInstanceReplicaSets = resource<VirtualMachineInstanceReplicaSet>({
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachineInstanceReplicaSet',
  plural: 'virtualmachineinstancereplicasets',
  singular: 'virtualmachineinstancereplicaset',
  shortNames: ['vmirs', 'vmirss'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1' }, { name: 'v1alpha3', deprecated: true }],
  status: true,
  scale: replicaScale,
  columns: [
    { name: 'Desired', type: 'integer', jsonPath: '.spec.replicas' },
    { name: 'Current', type: 'integer', jsonPath: '.status.replicas' },
    { name: 'Ready', type: 'integer', jsonPath: '.status.readyReplicas' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});

export const virtualMachineInstanceMigrations = resource<VirtualMachineInstanceMigration>({
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachineInstanceMigration',
  plural: 'virtualmachineinstancemigrations',
  singular: 'virtualmachineinstancemigration',
  shortNames: ['vmim', 'vmims'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1' }, { name: 'v1alpha3', deprecated: true }],
  status: true,
  columns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'VMI', type: 'string', jsonPath: '.spec.vmiName' },
  ],
});

export const kubevirts = resource<KubeVirt>({
  group: 'kubevirt.io',
  version: 'v1',
  kind: 'KubeVirt',
  plural: 'kubevirts',
  singular: 'kubevirt',
  shortNames: ['kv', 'kvs'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1' }, { name: 'v1alpha3', deprecated: true }],
  status: true,
  columns: [
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
  ],
});

export const virtualMachinePools = resource<VirtualMachinePool>({
  group: 'pool.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachinePool',
  plural: 'virtualmachinepools',
  singular: 'virtualmachinepool',
  shortNames: ['vmpool', 'vmpools'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1alpha1' }, { name: 'v1beta1' }],
  status: true,
  scale: replicaScale,
  columns: [
    { name: 'Desired', type: 'integer', jsonPath: '.spec.replicas' },
    { name: 'Current', type: 'integer', jsonPath: '.status.replicas' },
    { name: 'Ready', type: 'integer', jsonPath: '.status.readyReplicas' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
});

export const virtualMachineSnapshots = resource<VirtualMachineSnapshot>({
  group: 'snapshot.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachineSnapshot',
  plural: 'virtualmachinesnapshots',
  singular: 'virtualmachinesnapshot',
  shortNames: ['vmsnapshot', 'vmsnapshots'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1alpha1' }, { name: 'v1beta1' }],
  status: true,
  columns: [
    { name: 'SourceKind', type: 'string', jsonPath: '.spec.source.kind' },
    { name: 'SourceName', type: 'string', jsonPath: '.spec.source.name' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'ReadyToUse', type: 'boolean', jsonPath: '.status.readyToUse' },
    { name: 'CreationTime', type: 'date', jsonPath: '.status.creationTime' },
    { name: 'Error', type: 'string', jsonPath: '.status.error.message' },
  ],
});

export const virtualMachineSnapshotContents = resource<VirtualMachineSnapshotContent>({
  group: 'snapshot.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachineSnapshotContent',
  plural: 'virtualmachinesnapshotcontents',
  singular: 'virtualmachinesnapshotcontent',
  shortNames: ['vmsnapshotcontent', 'vmsnapshotcontents'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1alpha1' }, { name: 'v1beta1' }],
  status: true,
  columns: [
    { name: 'ReadyToUse', type: 'boolean', jsonPath: '.status.readyToUse' },
    { name: 'CreationTime', type: 'date', jsonPath: '.status.creationTime' },
    { name: 'Error', type: 'string', jsonPath: '.status.error.message' },
  ],
});

export const virtualMachineRestores = resource<VirtualMachineRestore>({
  group: 'snapshot.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachineRestore',
  plural: 'virtualmachinerestores',
  singular: 'virtualmachinerestore',
  shortNames: ['vmrestore', 'vmrestores'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1alpha1' }, { name: 'v1beta1' }],
  status: true,
  columns: [
    { name: 'TargetKind', type: 'string', jsonPath: '.spec.target.kind' },
    { name: 'TargetName', type: 'string', jsonPath: '.spec.target.name' },
    { name: 'Complete', type: 'boolean', jsonPath: '.status.complete' },
    { name: 'RestoreTime', type: 'date', jsonPath: '.status.restoreTime' },
  ],
});

export const virtualMachineExports = resource<VirtualMachineExport>({
  group: 'export.kubevirt.io',
  version: 'v1',
  kind: 'VirtualMachineExport',
  plural: 'virtualmachineexports',
  singular: 'virtualmachineexport',
  shortNames: ['vmexport', 'vmexports'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1beta1', deprecated: true }, { name: 'v1' }],
  status: true,
  columns: [
    { name: 'SourceKind', type: 'string', jsonPath: '.spec.source.kind' },
    { name: 'SourceName', type: 'string', jsonPath: '.spec.source.name' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
  ],
});

export const virtualMachineBackups = resource<VirtualMachineBackup>({
  group: 'backup.kubevirt.io',
  version: 'v1alpha1',
  kind: 'VirtualMachineBackup',
  plural: 'virtualmachinebackups',
  singular: 'virtualmachinebackup',
  shortNames: ['vmbackup', 'vmbackups'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1alpha1' }],
  status: true,
  columns: [
    { name: 'SourceKind', type: 'string', jsonPath: '.spec.source.kind' },
    { name: 'SourceName', type: 'string', jsonPath: '.spec.source.name' },
    { name: 'Type', type: 'string', jsonPath: '.status.type' },
    { name: 'CheckpointName', type: 'string', jsonPath: '.status.checkpointName' },
  ],
});

export const virtualMachineBackupTrackers = resource<VirtualMachineBackupTracker>({
  group: 'backup.kubevirt.io',
  version: 'v1alpha1',
  kind: 'VirtualMachineBackupTracker',
  plural: 'virtualmachinebackuptrackers',
  singular: 'virtualmachinebackuptracker',
  shortNames: ['vmbackuptracker', 'vmbackuptrackers'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1alpha1' }],
  status: true,
  columns: [
    { name: 'SourceKind', type: 'string', jsonPath: '.spec.source.kind' },
    { name: 'SourceName', type: 'string', jsonPath: '.spec.source.name' },
    { name: 'LatestCheckpoint', type: 'string', jsonPath: '.status.latestCheckpoint.name' },
    { name: 'CheckpointTime', type: 'date', jsonPath: '.status.latestCheckpoint.creationTime' },
  ],
});

export const virtualMachineInstancetypes = resource<VirtualMachineInstancetype>({
  group: 'instancetype.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachineInstancetype',
  plural: 'virtualmachineinstancetypes',
  singular: 'virtualmachineinstancetype',
  shortNames: ['vminstancetype', 'vminstancetypes', 'vmf', 'vmfs'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1beta1' }],
  status: false,
  columns: [],
});

export const virtualMachineClusterInstancetypes = resource<VirtualMachineClusterInstancetype>({
  group: 'instancetype.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachineClusterInstancetype',
  plural: 'virtualmachineclusterinstancetypes',
  singular: 'virtualmachineclusterinstancetype',
  shortNames: ['vmclusterinstancetype', 'vmclusterinstancetypes', 'vmcf', 'vmcfs'],
  categories: [],
  namespaced: false,
  versions: [{ name: 'v1beta1' }],
  status: false,
  columns: [],
});

export const virtualMachinePreferences = resource<VirtualMachinePreference>({
  group: 'instancetype.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachinePreference',
  plural: 'virtualmachinepreferences',
  singular: 'virtualmachinepreference',
  shortNames: ['vmpref', 'vmprefs', 'vmp', 'vmps'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1beta1' }],
  status: false,
  columns: [],
});

export const virtualMachineClusterPreferences = resource<VirtualMachineClusterPreference>({
  group: 'instancetype.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachineClusterPreference',
  plural: 'virtualmachineclusterpreferences',
  singular: 'virtualmachineclusterpreference',
  shortNames: ['vmcp', 'vmcps'],
  categories: [],
  namespaced: false,
  versions: [{ name: 'v1beta1' }],
  status: false,
  columns: [],
});

export const migrationPolicies = resource<MigrationPolicy>({
  group: 'migrations.kubevirt.io',
  version: 'v1alpha1',
  kind: 'MigrationPolicy',
  plural: 'migrationpolicies',
  singular: 'migrationpolicy',
  shortNames: [],
  categories: [],
  namespaced: false,
  versions: [{ name: 'v1alpha1' }],
  status: true,
  columns: [],
});

export const virtualMachineClones = resource<VirtualMachineClone>({
  group: 'clone.kubevirt.io',
  version: 'v1beta1',
  kind: 'VirtualMachineClone',
  plural: 'virtualmachineclones',
  singular: 'virtualmachineclone',
  shortNames: ['vmclone', 'vmclones'],
  categories: ['all'],
  namespaced: true,
  versions: [{ name: 'v1alpha1' }, { name: 'v1beta1' }],
  status: true,
  columns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'SourceVirtualMachine', type: 'string', jsonPath: '.spec.source.name' },
    { name: 'TargetVirtualMachine', type: 'string', jsonPath: '.spec.target.name' },
  ],
});

export const plugins = resource<Plugin>({
  group: 'plugin.kubevirt.io',
  version: 'v1alpha1',
  kind: 'Plugin',
  plural: 'plugins',
  singular: 'plugin',
  shortNames: [],
  categories: [],
  namespaced: false,
  versions: [{ name: 'v1alpha1' }],
  status: false,
  columns: [],
});

/** Every kind, in the order of the reference. */
export const resources: readonly Resource[] = [
  virtualMachineInstances,
  virtualMachines,
  virtualMachineInstancePresets,
  virtualMachineInstanceReplicaSets,
  virtualMachineInstanceMigrations,
  kubevirts,
  virtualMachinePools,
  virtualMachineSnapshots,
  virtualMachineSnapshotContents,
  virtualMachineRestores,
  virtualMachineExports,
  virtualMachineBackups,
  virtualMachineBackupTrackers,
  virtualMachineInstancetypes,
  virtualMachineClusterInstancetypes,
  virtualMachinePreferences,
  virtualMachineClusterPreferences,
  migrationPolicies,
  virtualMachineClones,
  plugins,
];

/** `v1`-style and `group/version`-style apiVersion of a kind, for the version that we use ourselves. */
export function apiVersionOfResource({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return `${group}/${version}`;
}
