import type { VirtualMachine, VirtualMachineInstance, VirtualMachineStateChangeRequest } from '@quickvirt/api';
import { isFinal } from '../vmi-lifecycle.ts';
import { runStrategyOf } from './run-strategy.ts';

/**
 * The requests that are still to be carried out, oldest first. A Stop is done when the instance it names is gone; a Start
 * is done when an instance lives that nobody is stopping, or one was made for it that has ended already. Requests are
 * looked at in order, and none is dropped before those ahead of it: `restart` is a Stop followed by a Start.
 */
export function pendingRequests(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
): VirtualMachineStateChangeRequest[] {
  const pending = [...(vm.status?.stateChangeRequests ?? [])];
  while (pending[0] && isDone(pending[0], vm, vmi)) pending.shift();
  return pending;
}

function isDone(
  request: VirtualMachineStateChangeRequest,
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
): boolean {
  if (request.action === 'Stop') return !vmi || vmi.metadata.uid !== request.uid;
  if (!vmi) return false;
  return (!isFinal(vmi) && !vmi.metadata.deletionTimestamp) || cameAfterRequest(vm, vmi);
}

/**
 * Whether an instance that has ended, or is going, is one that came after the Start: it changed after the VM did. A lone
 * Start is taken only while there is no instance, so an older one that a cache still shows was last changed before it.
 * Under RerunOnFailure the Start may be owed for the very instance that failed.
 */
function cameAfterRequest(vm: VirtualMachine, vmi: VirtualMachineInstance): boolean {
  if (runStrategyOf(vm) === 'RerunOnFailure') return false;
  return Number(vmi.metadata.resourceVersion) > Number(vm.metadata.resourceVersion);
}

/** Whether the oldest pending request asks to stop this very instance. */
export function asksToStop(
  pending: readonly VirtualMachineStateChangeRequest[],
  vmi: VirtualMachineInstance | undefined,
): boolean {
  return pending[0]?.action === 'Stop' && vmi !== undefined && pending[0].uid === vmi.metadata.uid;
}

/** The oldest pending request when it is a Start. */
export function startRequest(
  pending: readonly VirtualMachineStateChangeRequest[],
): VirtualMachineStateChangeRequest | undefined {
  return pending[0]?.action === 'Start' ? pending[0] : undefined;
}

/** Whether the Start asks for a guest that waits paused, before its first instruction. */
export function startsPaused(request: VirtualMachineStateChangeRequest | undefined): boolean {
  return request?.data?.['paused'] === 'true';
}
