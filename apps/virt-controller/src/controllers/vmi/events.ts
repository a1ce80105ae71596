import type { RecordedEvent } from '@quickvirt/kube';
import type { WantedCondition } from '../conditions.ts';
import type { GuestEnd } from './pod-end.ts';

/** A launcher pod was made. The words are quoted: clients match on them. */
export function podCreated(podName: string): RecordedEvent {
  return { type: 'Normal', reason: 'SuccessfulCreate', message: `Created virtual machine pod ${podName}` };
}

/** A launcher pod was deleted. The words are quoted: clients match on them. */
export function podDeleted(podName: string): RecordedEvent {
  return { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted virtual machine pod ${podName}` };
}

/** The guest ended, as virt-controller judged by the launcher's exit record. The first words are quoted. */
export function guestEnded(end: GuestEnd): RecordedEvent {
  return end.phase === 'Succeeded'
    ? { type: 'Normal', reason: 'Stopped', message: 'The VirtualMachineInstance was shut down.' }
    : {
        type: 'Warning',
        reason: 'Stopped',
        message: `The VirtualMachineInstance crashed. ${end.reason}: ${end.message}`,
      };
}

/** Something keeps the instance from starting: its condition as an event. */
export function troubled(trouble: WantedCondition): RecordedEvent {
  return { type: 'Warning', reason: trouble.reason ?? 'FailedCreate', message: trouble.message ?? '' };
}
