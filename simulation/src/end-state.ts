import {
  virtualMachineInstances,
  virtualMachines,
  type VirtualMachine,
  type VirtualMachineInstance,
} from '@quickvirt/api';
import { controllerOf, isConditionTrue, keyOf, pods } from '@quickvirt/kube';
import type { Overseer } from './overseer.ts';
import type { World } from './world/world.ts';

/** What must hold once all faults have ended and nothing moves any more. */
export function checkEnd(world: World, overseer: Overseer): void {
  checkOwners(world, overseer);
  for (const vm of world.api.list(virtualMachines)) checkVm(world, overseer, vm);
  for (const vmi of world.api.list(virtualMachineInstances)) checkInstance(world, overseer, vmi);
}

function checkOwners(world: World, overseer: Overseer): void {
  for (const pod of world.api.list(pods)) {
    const owner = controllerOf(pod)?.uid ?? '';
    if (!world.lives(owner)) overseer.broken('an orphan pod', keyOf(pod));
  }
  for (const vmi of world.api.list(virtualMachineInstances)) {
    if (!world.lives(controllerOf(vmi)?.uid ?? '')) overseer.broken('an orphan VMI', keyOf(vmi));
  }
  for (const { podKey, podUid } of world.runningDomains()) {
    if (!world.lives(podUid)) overseer.broken('a domain without its pod', podKey);
  }
}

function checkInstance(world: World, overseer: Overseer, vmi: VirtualMachineInstance): void {
  const key = keyOf(vmi);
  const runs = world.runningDomains().some(({ vmiUid }) => vmiUid === vmi.metadata.uid);
  const phase = vmi.status?.phase ?? '';
  if (vmi.metadata.deletionTimestamp) overseer.broken('a deleted VMI stays', key);
  if (runs !== (phase === 'Running'))
    overseer.broken('the phase is not true', `${key}: ${phase}, domain ${runs ? 'runs' : 'does not run'}`);
  if (runs !== isConditionTrue(vmi.status?.conditions, 'Ready')) overseer.broken('Ready is not true', key);
}

function checkVm(world: World, overseer: Overseer, vm: VirtualMachine): void {
  const key = keyOf(vm);
  if (vm.metadata.deletionTimestamp) return overseer.broken('a deleted VM stays', key);
  const vmi = world.api.find(virtualMachineInstances, {
    name: vm.metadata.name ?? '',
    namespace: vm.metadata.namespace,
  });
  const phase = vmi?.status?.phase;
  const { printableStatus, created, ready } = vm.status ?? {};
  const expected = phase === 'Running' ? 'Running' : 'Stopped';
  if (printableStatus !== expected)
    overseer.broken('printableStatus is not true', `${key}: ${printableStatus}, not ${expected}`);
  if ((created ?? false) !== (vmi !== undefined)) overseer.broken('created is not true', key);
  if ((ready ?? false) !== (phase === 'Running')) overseer.broken('ready is not true', key);
  const { runStrategy } = vm.spec;
  if (runStrategy === 'Always' && phase !== 'Running')
    overseer.broken('a VM that is always to run does not', `${key}: ${phase}`);
  if (runStrategy === 'Halted' && vmi) overseer.broken('a halted VM has an instance', `${key}: ${phase}`);
  if (!vmi && overseer.recordOf(key).owesRerun) overseer.broken('a guest that failed is not run again', key);
  const [unserved] = overseer.recordOf(key).unserved(vmi?.metadata.uid);
  if (unserved !== undefined) overseer.broken('a request was lost', `${key}: ${unserved}`);
  if (vm.status?.stateChangeRequests?.length) overseer.broken('a request is left over', key);
}
