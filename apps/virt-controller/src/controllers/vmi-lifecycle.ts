import type { VirtualMachine, VirtualMachineInstance } from '@quickvirt/api';

/** Whether the guest has ended for good: such an instance never starts again. */
export function isFinal(vmi: VirtualMachineInstance): boolean {
  return vmi.status?.phase === 'Succeeded' || vmi.status?.phase === 'Failed';
}

/** Whether the guest was ever seen running. */
export function reachedRunning(vmi: VirtualMachineInstance): boolean {
  return (
    vmi.status?.phase === 'Running' ||
    (vmi.status?.phaseTransitionTimestamps ?? []).some((transition) => transition.phase === 'Running')
  );
}

/**
 * Whether the VM must take note of how its instance ended before that may go: some strategies start again, or must not.
 */
export function needsToSeeEnd(vm: VirtualMachine | undefined): boolean {
  if (!vm || vm.metadata.deletionTimestamp) return false;
  const { runStrategy, running } = vm.spec;
  return runStrategy ? runStrategy !== 'Halted' && runStrategy !== 'Manual' : running === true;
}
