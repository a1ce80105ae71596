import { InvalidArgumentError } from 'commander';

/** Not given: the VM's own grace period holds. */
export const OWN_GRACE_PERIOD = -1;

/** Reads the value of `--grace-period`, in seconds. */
export function parseGracePeriod(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < OWN_GRACE_PERIOD) {
    throw new InvalidArgumentError('it must be a whole number of seconds, 0 or more');
  }
  return seconds;
}

/**
 * The grace period that was asked for; undefined for the VM's own.
 * @throws Error when only one of `--force` and `--grace-period` is there: a VM is not to lose its state by accident.
 */
export function forcedGracePeriod({ force, gracePeriod }: { force: boolean; gracePeriod: number }): number | undefined {
  const isGiven = gracePeriod !== OWN_GRACE_PERIOD;
  if (force !== isGiven) throw new Error('--force and --grace-period go together: give both, or neither');
  return isGiven ? gracePeriod : undefined;
}
