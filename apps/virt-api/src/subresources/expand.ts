import { virtualMachines, type VirtualMachine } from '@quickvirt/api';
import { badRequest, notImplemented } from '../status.ts';
import { refuse, type Answer } from './answer.ts';

/** The VM with its instancetype and preference written out. */
export function decideExpand(vm: VirtualMachine): Answer {
  if (vm.spec.instancetype || vm.spec.preference) {
    return refuse(notImplemented('expanding instancetypes and preferences'));
  }
  return { type: 'object', code: 200, object: vm };
}

/** The same for a VM that is not stored. @param namespace of the path. */
export function decideExpandOf(object: Readonly<Record<string, unknown>>, namespace: string): Answer {
  if (Object.keys(object).length === 0) return refuse(badRequest('empty request body'));
  if (object['kind'] !== virtualMachines.kind || typeof object['spec'] !== 'object' || object['spec'] === null) {
    return refuse(badRequest('Object is not a valid VirtualMachine'));
  }
  const vm = object as unknown as VirtualMachine;
  if (vm.metadata?.namespace && vm.metadata.namespace !== namespace) {
    return refuse(badRequest(`VM namespace must be empty or ${namespace}`));
  }
  return decideExpand(vm);
}
