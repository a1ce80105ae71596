import type { VirtualMachine, VirtualMachineInstance } from '@quickvirt/api';
import type { VirtualMachineClone, VirtualMachineInstanceMigration } from '@quickvirt/api';
import { defaultClone } from './defaults/clone.ts';
import { defaultMigration } from './defaults/migration.ts';
import { defaultVm } from './defaults/vm.ts';
import { defaultVmi } from './defaults/vmi.ts';
import type { AdmissionOperation, AdmissionRequest, FreshIdentity, Verdict } from './request.ts';
import { validateVm } from './rules/vm.ts';
import { validateVmiCreate, validateVmiUpdate } from './rules/vmi.ts';

interface HookOf {
  /** Path that the webhook configuration names. */
  path: string;
  group: string;
  /** Plural of the resource it is asked about; anything else is refused. */
  resource: string;
  /** Undefined for the object itself. */
  subresource?: string;
  operations: readonly AdmissionOperation[];
}

/** Gives back the object as it is to be stored; the same object when nothing changes. */
export interface MutatingHook extends HookOf {
  type: 'mutate';
  mutate(request: AdmissionRequest<unknown>, fresh: FreshIdentity): unknown;
}

export interface ValidatingHook extends HookOf {
  type: 'validate';
  validate(request: AdmissionRequest<unknown>): Verdict;
}

export type AdmissionHook = MutatingHook | ValidatingHook;

function mutates<T>(hook: HookOf, mutate: (request: AdmissionRequest<T>, fresh: FreshIdentity) => T): MutatingHook {
  return { ...hook, type: 'mutate', mutate: (request, fresh) => mutate(request as AdmissionRequest<T>, fresh) };
}

function validates<T>(hook: HookOf, validate: (request: AdmissionRequest<T>) => Verdict): ValidatingHook {
  return { ...hook, type: 'validate', validate: (request) => validate(request as AdmissionRequest<T>) };
}

const virtualMachines = {
  group: 'kubevirt.io',
  resource: 'virtualmachines',
  operations: ['CREATE', 'UPDATE'],
} as const;
const virtualMachineInstances = { group: 'kubevirt.io', resource: 'virtualmachineinstances' } as const;

/** Every webhook that virt-api serves. A new kind needs a row here and one in the chart's webhook configuration. */
export const admissionHooks: readonly AdmissionHook[] = [
  mutates<VirtualMachine>({ ...virtualMachines, path: '/virtualmachines-mutate' }, (request, fresh) =>
    defaultVm(request.object, { ...request, fresh }),
  ),
  validates<VirtualMachine>({ ...virtualMachines, path: '/virtualmachines-validate' }, validateVm),
  mutates<VirtualMachineInstance>(
    { ...virtualMachineInstances, path: '/virtualmachineinstances-mutate', operations: ['CREATE', 'UPDATE'] },
    (request, fresh) =>
      request.operation === 'CREATE' ? defaultVmi(request.object, { ...request, fresh }) : request.object,
  ),
  validates<VirtualMachineInstance>(
    { ...virtualMachineInstances, path: '/virtualmachineinstances-validate-create', operations: ['CREATE'] },
    validateVmiCreate,
  ),
  validates<VirtualMachineInstance>(
    { ...virtualMachineInstances, path: '/virtualmachineinstances-validate-update', operations: ['UPDATE'] },
    validateVmiUpdate,
  ),
 mutates<VirtualMachineInstanceMigration>(
    { group: 'kubevirt.io', resource: 'virtualmachineinstancemigrations', path: '/migration-mutate-create', operations: ['CREATE'] },
    ({ object }) => defaultMigration(object),
  ),
  mutates<VirtualMachineClone>(
    { group: 'clone.kubevirt.io', resource: 'virtualmachineclones', path: '/vm-clone-mutate-create', operations: ['CREATE'] },
    ({ object }, fresh) => defaultClone(object, fresh),
  ),
  mutates<VirtualMachineInstanceMigration>(
    { group: 'kubevirt.io', resource: 'virtualmachineinstancemigrations', path: '/migration-mutate-create', operations: ['CREATE'] },
    ({ object }) => defaultMigration(object),
  ),
  mutates<VirtualMachineClone>(
    { group: 'clone.kubevirt.io', resource: 'virtualmachineclones', path: '/vm-clone-mutate-create', operations: ['CREATE'] },
    ({ object }, fresh) => defaultClone(object, fresh),
  ),
];
