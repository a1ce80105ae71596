import type {
  KubeVirt,
  MigrationPolicy,
  Plugin,
  VirtualMachine,
  VirtualMachineClone,
  VirtualMachineExport,
  VirtualMachineInstance,
  VirtualMachineInstanceMigration,
  VirtualMachineInstancePreset,
  VirtualMachineInstanceReplicaSet,
  VirtualMachineInstancetype,
  VirtualMachinePool,
  VirtualMachinePreference,
  VirtualMachineRestore,
  VirtualMachineSnapshot,
} from '@quickvirt/api';
import { defaultClone } from './defaults/clone.ts';
import { defaultMigration } from './defaults/migration.ts';
import { defaultVm } from './defaults/vm.ts';
import { defaultVmi } from './defaults/vmi.ts';
import { mutates, validates, type AdmissionHook } from './hook.ts';
import { validateClone } from './rules/clone.ts';
import { validateEviction, type Eviction } from './rules/eviction.ts';
import { validateExport } from './rules/export.ts';
import { validateInstancetype, validatePreference } from './rules/instancetype.ts';
import { validateKubeVirt } from './rules/kubevirt.ts';
import { validateMigrationPolicy } from './rules/migration-policy.ts';
import { validateMigrationCreate, validateMigrationUpdate } from './rules/migration.ts';
import { validatePlugin } from './rules/plugin.ts';
import { validatePool } from './rules/pool.ts';
import { validatePreset } from './rules/preset.ts';
import { validateReplicaSet } from './rules/replica-set.ts';
import { validateRestore } from './rules/restore.ts';
import { validateSnapshot } from './rules/snapshot.ts';
import { validateVm, validateVmStatus } from './rules/vm.ts';
import { validateVmiCreate, validateVmiUpdate } from './rules/vmi.ts';

const core = 'kubevirt.io';
const written = ['CREATE', 'UPDATE'] as const;
const vms = { group: core, resource: 'virtualmachines' } as const;
const vmis = { group: core, resource: 'virtualmachineinstances' } as const;
const migrations = { group: core, resource: 'virtualmachineinstancemigrations' } as const;
const snapshots = 'snapshot.kubevirt.io';
const instancetypes = 'instancetype.kubevirt.io';

/**
 * Every webhook that virt-api serves. A new kind needs a row here; the chart's webhook configurations are made from these
 * rows. Paths are KubeVirt's, which administrators know from their logs and network policies.
 */
export const admissionHooks: readonly AdmissionHook[] = [
  mutates<VirtualMachine>({ ...vms, path: '/virtualmachines-mutate', operations: written }, (request, fresh) =>
    defaultVm(request.object, { ...request, fresh }),
  ),
  mutates<VirtualMachineInstance>(
    { ...vmis, path: '/virtualmachineinstances-mutate', operations: ['CREATE'] },
    (request, fresh) => defaultVmi(request.object, { ...request, fresh }),
  ),
  mutates<VirtualMachineInstanceMigration>(
    { ...migrations, path: '/migration-mutate-create', operations: ['CREATE'] },
    ({ object }) => defaultMigration(object),
  ),
  mutates<VirtualMachineClone>(
    {
      group: 'clone.kubevirt.io',
      resource: 'virtualmachineclones',
      path: '/vm-clone-mutate-create',
      operations: ['CREATE'],
    },
    ({ object }, fresh) => defaultClone(object, fresh),
  ),

  validates<VirtualMachine>({ ...vms, path: '/virtualmachines-validate', operations: written }, validateVm),
  validates<VirtualMachine>(
    { ...vms, subresource: 'status', path: '/status-validate', operations: written },
    validateVmStatus,
  ),
  validates<VirtualMachineInstance>(
    { ...vmis, path: '/virtualmachineinstances-validate-create', operations: ['CREATE'] },
    validateVmiCreate,
  ),
  validates<VirtualMachineInstance>(
    { ...vmis, path: '/virtualmachineinstances-validate-update', operations: ['UPDATE'] },
    validateVmiUpdate,
  ),
  validates<VirtualMachineInstanceMigration>(
    { ...migrations, path: '/migration-validate-create', operations: ['CREATE'] },
    validateMigrationCreate,
  ),
  validates<VirtualMachineInstanceMigration>(
    { ...migrations, path: '/migration-validate-update', operations: ['UPDATE'] },
    validateMigrationUpdate,
  ),
  validates<VirtualMachineInstanceReplicaSet>(
    {
      group: core,
      resource: 'virtualmachineinstancereplicasets',
      path: '/virtualmachinereplicaset-validate',
      operations: written,
    },
    validateReplicaSet,
  ),
  validates<VirtualMachineInstancePreset>(
    { group: core, resource: 'virtualmachineinstancepresets', path: '/vmipreset-validate', operations: written },
    validatePreset,
  ),
  validates<VirtualMachinePool>(
    {
      group: 'pool.kubevirt.io',
      resource: 'virtualmachinepools',
      path: '/virtualmachinepool-validate',
      operations: written,
    },
    validatePool,
  ),
  validates<VirtualMachineSnapshot>(
    {
      group: snapshots,
      resource: 'virtualmachinesnapshots',
      path: '/virtualmachinesnapshots-validate',
      operations: written,
    },
    validateSnapshot,
  ),
  validates<VirtualMachineRestore>(
    {
      group: snapshots,
      resource: 'virtualmachinerestores',
      path: '/virtualmachinerestores-validate',
      operations: written,
    },
    validateRestore,
  ),
  validates<VirtualMachineExport>(
    {
      group: 'export.kubevirt.io',
      resource: 'virtualmachineexports',
      path: '/virtualmachineexports-validate',
      operations: written,
    },
    validateExport,
  ),
  validates<VirtualMachineClone>(
    {
      group: 'clone.kubevirt.io',
      resource: 'virtualmachineclones',
      path: '/vm-clone-validate-create',
      operations: ['CREATE'],
    },
    validateClone,
  ),
  validates<MigrationPolicy>(
    {
      group: 'migrations.kubevirt.io',
      resource: 'migrationpolicies',
      path: '/migration-policy-validate-create',
      operations: written,
    },
    validateMigrationPolicy,
  ),
  validates<VirtualMachineInstancetype>(
    {
      group: instancetypes,
      resource: 'virtualmachineinstancetypes',
      path: '/virtualmachineinstancetypes-validate',
      operations: written,
    },
    validateInstancetype,
  ),
  validates<VirtualMachineInstancetype>(
    {
      group: instancetypes,
      resource: 'virtualmachineclusterinstancetypes',
      path: '/virtualmachineclusterinstancetypes-validate',
      operations: written,
    },
    validateInstancetype,
  ),
  validates<VirtualMachinePreference>(
    {
      group: instancetypes,
      resource: 'virtualmachinepreferences',
      path: '/virtualmachinepreferences-validate',
      operations: written,
    },
    validatePreference,
  ),
  validates<VirtualMachinePreference>(
    {
      group: instancetypes,
      resource: 'virtualmachineclusterpreferences',
      path: '/virtualmachineclusterpreferences-validate',
      operations: written,
    },
    validatePreference,
  ),
  validates<Plugin>(
    { group: 'plugin.kubevirt.io', resource: 'plugins', path: '/plugin-validate', operations: ['CREATE'] },
    validatePlugin,
  ),
  validates<KubeVirt>(
    { group: core, resource: 'kubevirts', path: '/kubevirt-validate', operations: ['CREATE', 'UPDATE', 'DELETE'] },
    validateKubeVirt,
  ),
  validates<Eviction>(
    { group: '', resource: 'pods', subresource: 'eviction', path: '/pod-eviction-validate', operations: ['CREATE'] },
    validateEviction,
  ),
];
