import { virtualMachineInstances, type VirtualMachineInstance } from '@quickvirt/api';
import { notFound } from '../status.ts';
import type { Answer } from './answer.ts';
import { onNode } from './node-target.ts';
import { conflictOnVmi, hasGuestAgent, isRunning } from './vmi-conditions.ts';

/**
 * What the guest's agent reports: `guestosinfo`, `userlist`, `filesystemlist`. By an old convention of these, every
 * failure is a 500 with plain text.
 */
export function decideGuestAgentReport(vmi: VirtualMachineInstance | undefined, name: string, action: string): Answer {
  if (!vmi) return failed(notFound({ resource: virtualMachineInstances, name }).message);
  if (!isRunning(vmi)) return failed(conflictOnVmi(vmi, 'VMI is not running').message);
  if (!hasGuestAgent(vmi)) return failed(conflictOnVmi(vmi, 'VMI does not have guest agent connected').message);
  return onNode(vmi, 'GET', action);
}

function failed(text: string): Answer {
  return { type: 'text', code: 500, text };
}
