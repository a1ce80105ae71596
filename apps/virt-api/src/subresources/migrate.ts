import {
  virtualMachineInstanceMigrations,
  virtualMachineInstances,
  virtualMachines,
  type MigrateOptions,
  type VirtualMachine,
  type VirtualMachineInstance,
} from '@quickvirt/api';
import { apiVersionOf } from '@quickvirt/kube';
import { conflict, notFound } from '../status.ts';
import { refuse, type Answer } from './answer.ts';
import { isRunning } from './vmi-conditions.ts';

/** Asks virt-controller to move the guest to another node, by an object of its own. */
export function decideMigrate(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  { addedNodeSelector, dryRun }: MigrateOptions,
): Answer {
  const { name = '', namespace = '' } = vm.metadata;
  if (!vmi) return refuse(notFound({ resource: virtualMachineInstances, name }));
  if (!isRunning(vmi)) return refuse(conflict({ resource: virtualMachines, name }, 'VM is not running'));
  const resource = virtualMachineInstanceMigrations;
  const object = {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { generateName: 'kubevirt-migrate-vm-', namespace },
    spec: { vmiName: name, ...(addedNodeSelector && { addedNodeSelector }) },
  };
  return {
    type: 'writes',
    code: 202,
    writes: [{ verb: 'POST', resource, namespace, object, dryRun: dryRun?.includes('All') ?? false }],
  };
}
