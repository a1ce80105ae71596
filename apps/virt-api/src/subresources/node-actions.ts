import { virtualMachineInstances, type VirtualMachine, type VirtualMachineInstance } from '@quickvirt/api';
import { badRequest, forbidden } from '../status.ts';
import { refuse, type Answer } from './answer.ts';
import { onNode } from './node-target.ts';
import { conflictOnVmi, hasGuestAgent, isPaused, isRunning, notConnectable } from './vmi-conditions.ts';

interface DryRunOption {
  dryRun?: string[];
}

/** Stops the guest's CPUs. A guest whose liveness is probed over the network would be killed for it. */
export function decidePause(vmi: VirtualMachineInstance, options: DryRunOption): Answer {
  const { livenessProbe } = vmi.spec;
  if (livenessProbe && !livenessProbe.guestAgentPing) {
    const subject = { resource: virtualMachineInstances, name: vmi.metadata.name ?? '' };
    return refuse(forbidden(subject, 'Pausing VMIs with a non-GuestAgentPing LivenessProbe is not supported'));
  }
  if (!isRunning(vmi)) return refuse(conflictOnVmi(vmi, 'VM is not running'));
  if (isPaused(vmi)) return refuse(conflictOnVmi(vmi, 'VMI is already paused'));
  return unlessDryRun(onNode(vmi, 'PUT', 'pause'), options);
}

/** @param vm the VM of the VMI, if it has one. */
export function decideUnpause(
  vmi: VirtualMachineInstance,
  vm: VirtualMachine | undefined,
  options: DryRunOption,
): Answer {
  if (!isRunning(vmi)) return refuse(conflictOnVmi(vmi, 'VMI is not running'));
  if (!isPaused(vmi)) return refuse(conflictOnVmi(vmi, 'VMI is not paused'));
  if (vm?.status?.snapshotInProgress) return refuse(conflictOnVmi(vmi, 'VM snapshot is in progress'));
  return unlessDryRun(onNode(vmi, 'PUT', 'unpause'), options);
}

/** `freeze` and `unfreeze` of the guest's filesystems. */
export function decideFreeze(vmi: VirtualMachineInstance, action: 'freeze' | 'unfreeze'): Answer {
  return isRunning(vmi) ? onNode(vmi, 'PUT', action) : refuse(conflictOnVmi(vmi, 'VMI is not running'));
}

/** Asks the guest to reboot: its agent, or its ACPI. */
export function decideSoftReboot(vmi: VirtualMachineInstance): Answer {
  if (!isRunning(vmi)) return refuse(conflictOnVmi(vmi, 'VMI is not running'));
  if (isPaused(vmi)) return refuse(conflictOnVmi(vmi, 'VMI is paused'));
  const { acpi } = vmi.spec.domain.features ?? {};
  if (!hasGuestAgent(vmi) && acpi?.enabled === false) {
    return refuse(conflictOnVmi(vmi, 'VMI neither have the agent connected nor the ACPI feature enabled'));
  }
  return onNode(vmi, 'PUT', 'softreboot');
}

/** Presses the guest's reset button. */
export function decideReset(vmi: VirtualMachineInstance): Answer {
  if (isRunning(vmi)) return onNode(vmi, 'PUT', 'reset');
  const phase = vmi.status?.phase ?? '';
  return refuse(badRequest(`Failed to reset non-running VMI with phase ${phase}: ${notConnectable(vmi)}`));
}

function unlessDryRun(answer: Answer, { dryRun }: DryRunOption): Answer {
  return dryRun?.includes('All') ? { type: 'writes', code: 200, writes: [] } : answer;
}
