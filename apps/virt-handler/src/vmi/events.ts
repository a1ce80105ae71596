import { eventReasons } from '@quickvirt/api';
import type { RecordedEvent } from '@quickvirt/kube';

// The quoted messages are the ones that clients of KubeVirt match on.

/** The domain was made and started. */
export const guestStarted: readonly RecordedEvent[] = [
  { type: 'Normal', reason: eventReasons.created, message: 'VirtualMachineInstance defined.' },
  { type: 'Normal', reason: eventReasons.started, message: 'VirtualMachineInstance started.' },
];

/** The instance is deleted while its guest runs: the launcher presses the power button. */
export const guestShutsDown: RecordedEvent = {
  type: 'Normal',
  reason: eventReasons.shuttingDown,
  message: 'Signaled Graceful Shutdown',
};

/** A user stopped the guest's CPUs. */
export const guestPaused: RecordedEvent = {
  type: 'Normal',
  reason: eventReasons.paused,
  message: 'The guest was paused',
};

/** A user let the guest's CPUs run again. */
export const guestUnpaused: RecordedEvent = {
  type: 'Normal',
  reason: eventReasons.unpaused,
  message: 'The guest was unpaused',
};

/** The guest could not be brought to what the instance asks for. */
export function syncFailed(message: string): RecordedEvent {
  return { type: 'Warning', reason: eventReasons.syncFailed, message };
}
