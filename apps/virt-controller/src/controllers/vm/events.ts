import type { RecordedEvent } from '@quickvirt/kube';

/** The VM was started. The words are quoted: clients match on them. */
export function instanceCreated(name: string): RecordedEvent {
  return {
    type: 'Normal',
    reason: 'SuccessfulCreate',
    message: `Started the virtual machine by creating the new virtual machine instance ${name}`,
  };
}

/** The VM was stopped, or what is left of an ended guest cleared away. The words are quoted: clients match on them. */
export function instanceDeleted(uid: string): RecordedEvent {
  return {
    type: 'Normal',
    reason: 'SuccessfulDelete',
    message: `Stopped the virtual machine by deleting the virtual machine instance ${uid}`,
  };
}

/** A write that the VM needs was refused. */
export function attemptFailed(reason: string, message: string): RecordedEvent {
  return { type: 'Warning', reason, message };
}
