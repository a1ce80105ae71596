import { eventReasons } from '@quickvirt/api';
import type { RecordedEvent } from '@quickvirt/kube';

/** A pod was made that holds a device for the guest. */
export function attachmentPodCreated(podName: string, deviceName: string): RecordedEvent {
  const message = `Created attachment pod ${podName} for device ${deviceName}`;
  return { type: 'Normal', reason: eventReasons.successfulCreate, message };
}

/** The guest has let go of a device, and the pod that held it is deleted. */
export function attachmentPodDeleted(podName: string): RecordedEvent {
  return { type: 'Normal', reason: eventReasons.successfulDelete, message: `Deleted attachment pod ${podName}` };
}

/** A device cannot come to the guest now. The guest runs on without it. */
export function attachmentWaits(deviceName: string, message: string): RecordedEvent {
  return { type: 'Warning', reason: eventReasons.hotplugFailed, message: `device ${deviceName}: ${message}` };
}
