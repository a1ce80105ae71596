import type { Plan } from './plan.ts';

/**
 * Whether a plan takes something away that a guest could have open, whatever is recorded: virtual functions, their driver,
 * a card that runs. Such a write would wait in the kernel until the guest lets go (`vfio_unregister_group_dev`).
 */
export function takesAway(plan: Plan): boolean {
  return plan.steps.some(
    (step) =>
      step.kind === 'write' &&
      (step.path.endsWith('/unbind') ||
        (step.path.endsWith('/sriov_numvfs') && step.value === '0') ||
        (step.path.endsWith('/qat/state') && step.value === 'down')),
  );
}
