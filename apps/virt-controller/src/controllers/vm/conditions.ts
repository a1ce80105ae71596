import type { Condition, VirtualMachine, VirtualMachineInstance } from '@quickvirt/api';
import { findCondition } from '@quickvirt/kube';
import { type WantedCondition } from '../conditions.ts';

/** Conditions that the VM controller judges itself; all others are the instance's, mirrored. */
const OWN = ['Ready', 'Failure', 'RestartRequired', 'ManualRecoveryRequired'];

/**
 * The VM's conditions while nothing fails: whether it is ready, whether the instance runs by an older template, and what
 * the instance says of itself.
 */
export function vmConditions(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  restartRequired: boolean,
): WantedCondition[] {
  const kept = findCondition(vm.status?.conditions, 'ManualRecoveryRequired');
  const conditions: WantedCondition[] = kept ? [kept] : [];
  if (restartRequired) {
    conditions.push({
      type: 'RestartRequired',
      status: 'True',
      // Quoted: clients match on it.
      message: 'a non-live-updatable field was changed in the template spec',
    });
  }
  conditions.push(readyCondition(vmi));
  for (const mirrored of vmi?.status?.conditions ?? []) {
    if (!OWN.includes(mirrored.type)) conditions.push(mirrored);
  }
  return conditions;
}

/** The condition that says why the last attempt to carry out the VM's wish failed. */
export function failureCondition(reason: string, message: string): WantedCondition {
  return { type: 'Failure', status: 'True', reason, message };
}

function readyCondition(vmi: VirtualMachineInstance | undefined): WantedCondition {
  if (!vmi) return { type: 'Ready', status: 'False', reason: 'VMINotExists', message: 'VMI does not exist' };
  const ready: Condition | undefined = findCondition(vmi.status?.conditions, 'Ready');
  if (ready) return ready;
  return {
    type: 'Ready',
    status: 'False',
    reason: 'VMIConditionMissing',
    message: 'the instance does not say yet whether it is ready',
  };
}
