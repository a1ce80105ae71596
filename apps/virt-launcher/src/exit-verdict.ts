import { DomainState, ShutoffReason } from '@quickvirt/libvirt';

/** All that the verdict on a guest's end hangs on. */
export interface GuestEnd {
  state: DomainState;
  /** libvirt's reason within the state. */
  reason: number;
  /** True when the launcher had pressed the power button, because the pod is to end. */
  stopRequested: boolean;
  /** True when the grace period was over and the launcher ended QEMU. */
  gracePeriodOver: boolean;
  /** False when the guest has no ACPI, so that nobody could ask it to power off. */
  acpi: boolean;
  /** Processes that the kernel's OOM killer took in this container since the launcher started. */
  oomKills: number;
}

/** How the guest ended; virt-controller turns it into the VMI's phase. */
export interface Verdict {
  phase: 'Succeeded' | 'Failed';
  reason: string;
  message: string;
}

/**
 * Judges a guest's end. A guest that was destroyed failed if it could have been asked to power off (it has ACPI): the
 * rule that KubeVirt's clients know.
 */
export function judge(end: GuestEnd): Verdict {
  if (end.state === DomainState.crashed) {
    return { phase: 'Failed', reason: 'GuestPanicked', message: 'The guest’s operating system panicked.' };
  }
  switch (end.reason) {
    case ShutoffReason.shutdown:
      return end.stopRequested
        ? { phase: 'Succeeded', reason: 'ShutDown', message: 'The guest powered off when it was asked to.' }
        : { phase: 'Succeeded', reason: 'GuestPoweredOff', message: 'The guest powered itself off.' };
    case ShutoffReason.destroyed:
      return destroyed(end);
    case ShutoffReason.migrated:
      return { phase: 'Succeeded', reason: 'Migrated', message: 'The guest runs on another node.' };
    case ShutoffReason.saved:
    case ShutoffReason.fromSnapshot:
      return { phase: 'Succeeded', reason: 'Saved', message: 'The guest’s state was saved.' };
    case ShutoffReason.failed:
      return { phase: 'Failed', reason: 'QEMUStartFailed', message: 'QEMU did not start the guest.' };
    default:
      return qemuEnded(end);
  }
}

function destroyed({ gracePeriodOver, acpi }: GuestEnd): Verdict {
  const phase = acpi ? 'Failed' : 'Succeeded';
  if (!gracePeriodOver) return { phase, reason: 'Destroyed', message: 'The guest was ended without being asked.' };
  const message = 'The guest did not power off within its grace period (terminationGracePeriodSeconds) and was ended.';
  return { phase, reason: 'GracePeriodOver', message };
}

function qemuEnded({ oomKills }: GuestEnd): Verdict {
  if (oomKills > 0) {
    const message =
      'QEMU was killed because the pod used more memory than its limit. Raise the memory overhead or the limit of the VM.';
    return { phase: 'Failed', reason: 'QEMUOutOfMemory', message };
  }
  return { phase: 'Failed', reason: 'QEMUKilled', message: 'QEMU was killed or crashed; the guest did not power off.' };
}
