import type { VirtualMachineInstance, VirtualMachineStateChangeRequest } from '@quickvirt/api';
import { isFinal } from '../vmi-lifecycle.ts';

/**
 * The requests that are still to be carried out, oldest first. A Stop is done when the instance it names is gone; a Start
 * is done when an instance lives that nobody is stopping. Requests are looked at in order, and none is dropped before
 * those ahead of it: `restart` is a Stop followed by a Start.
 */
export function pendingRequests(
  requests: readonly VirtualMachineStateChangeRequest[] | undefined,
  vmi: VirtualMachineInstance | undefined,
): VirtualMachineStateChangeRequest[] {
  const pending = [...(requests ?? [])];
  while (pending[0] && isDone(pending[0], vmi)) pending.shift();
  return pending;
}

function isDone(request: VirtualMachineStateChangeRequest, vmi: VirtualMachineInstance | undefined): boolean {
  if (request.action === 'Stop') return !vmi || vmi.metadata.uid !== request.uid;
  return vmi !== undefined && !isFinal(vmi) && !vmi.metadata.deletionTimestamp;
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
