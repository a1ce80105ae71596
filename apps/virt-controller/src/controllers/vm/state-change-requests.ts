import type { VirtualMachine, VirtualMachineInstance, VirtualMachineStateChangeRequest } from '@quickvirt/api';
import { isFinal } from '../vmi-lifecycle.ts';
import { runStrategyOf } from './run-strategy.ts';

/**
 * The requests that are still to be carried out, oldest first. A Stop is done when the instance it names is gone; a Start
 * is done when an instance lives that nobody is stopping, or one was made for it that has ended already. Requests are
 * looked at in order, and none is dropped before those ahead of it: `restart` is a Stop followed by a Start.
 * @param isCurrent whether the API server was asked for the instance, not a cache.
 */
export function pendingRequests(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  isCurrent: boolean,
): VirtualMachineStateChangeRequest[] {
  const pending = [...(vm.status?.stateChangeRequests ?? [])];
  while (pending[0] && isDone(pending[0], { vm, vmi, isCurrent })) pending.shift();
  return pending;
}

function isDone(
  request: VirtualMachineStateChangeRequest,
  { vm, vmi, isCurrent }: { vm: VirtualMachine; vmi: VirtualMachineInstance | undefined; isCurrent: boolean },
): boolean {
  if (request.action === 'Stop') return !vmi || vmi.metadata.uid !== request.uid;
  if (!vmi) return false;
  // Under RerunOnFailure a Start is owed for the very instance that failed, which a cache may still show alive.
  if (runStrategyOf(vm) === 'RerunOnFailure') return lives(vmi) && (isCurrent || isNewer(vmi, vm));
  return lives(vmi) || isNewer(vmi, vm);
}

/**
 * Whether a decision depends on whether the cached instance is the one that there is now. A cache that does not have the
 * instance yet would let a deleted VM go, or take a Stop for done; a Start that a leader listed by a cache that lagged,
 * after its guest had been started again, would never be done.
 */
export function needsCurrentInstance(vm: VirtualMachine, cached: VirtualMachineInstance | undefined): boolean {
  if (vm.metadata.deletionTimestamp && !cached) return true;
  const [request] = vm.status?.stateChangeRequests ?? [];
  if (request?.action === 'Stop') return request.uid !== cached?.metadata.uid;
  if (request?.action !== 'Start' || runStrategyOf(vm) !== 'RerunOnFailure') return false;
  return cached !== undefined && lives(cached) && !isNewer(cached, vm);
}

function lives(vmi: VirtualMachineInstance): boolean {
  return !isFinal(vmi) && !vmi.metadata.deletionTimestamp;
}

/**
 * Whether the instance changed after the VM did, and so came after a Start that the VM lists: a lone Start is taken only
 * while there is no instance, and an older one that a cache still shows was last changed before. Resource versions are
 * numbers that grow (KEP-5504).
 */
function isNewer(vmi: VirtualMachineInstance, vm: VirtualMachine): boolean {
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
