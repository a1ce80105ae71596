import type { RecordedEvent } from '@quickvirt/kube';

// Words of QuickVirt's own: KubeVirt has no events of devices.

/** A device came into a guest that ran already. */
export function devicePlugged(name: string, pciAddress: string): RecordedEvent {
  return { type: 'Normal', reason: 'DeviceAttached', message: `device ${name} (${pciAddress}) was plugged in` };
}

/** A guest let go of a device. */
export function deviceUnplugged(name: string, pciAddress: string): RecordedEvent {
  return { type: 'Normal', reason: 'DeviceDetached', message: `device ${name} (${pciAddress}) was taken out` };
}
