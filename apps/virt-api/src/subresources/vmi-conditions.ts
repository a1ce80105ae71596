import { virtualMachineInstances, vmiConditions, type VirtualMachineInstance } from '@quickvirt/api';
import { isConditionTrue } from '@quickvirt/kube';
import { conflict, type FailureStatus } from '../status.ts';

/** What several subresources ask of a VMI's state. */
export function isRunning({ status }: VirtualMachineInstance): boolean {
  return status?.phase === 'Running';
}

export function isPaused({ status }: VirtualMachineInstance): boolean {
  return isConditionTrue(status?.conditions, vmiConditions.paused);
}

export function hasGuestAgent({ status }: VirtualMachineInstance): boolean {
  return isConditionTrue(status?.conditions, vmiConditions.agentConnected);
}

/** 409 about a VMI. */
export function conflictOnVmi({ metadata }: VirtualMachineInstance, message: string): FailureStatus {
  return conflict({ resource: virtualMachineInstances, name: metadata.name ?? '' }, message);
}

/** The words for a VMI whose launcher cannot be talked to. */
export function notConnectable({ status }: VirtualMachineInstance): string {
  return `Unable to connect to VirtualMachineInstance because phase is ${status?.phase ?? ''} instead of Running or Scheduled`;
}
