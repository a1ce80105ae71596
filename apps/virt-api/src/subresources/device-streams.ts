import type { VirtualMachineInstance } from '@quickvirt/api';
import { badRequest } from '../status.ts';
import { refuse, type Answer } from './answer.ts';
import { nodeStream } from './node-target.ts';
import { conflictOnVmi, isRunning } from './vmi-conditions.ts';

/** A USB device of the client's, plugged into the guest. */
export function decideUsbRedirection(vmi: VirtualMachineInstance): Answer {
  if (vmi.spec.architecture === 's390x') return refuse(conflictOnVmi(vmi, 'No USB support on s390x'));
  if (!vmi.spec.domain.devices.clientPassthrough) {
    return refuse(conflictOnVmi(vmi, 'Not configured with USB Redirection'));
  }
  if (!isRunning(vmi)) return refuse(conflictOnVmi(vmi, 'VMI is not running'));
  return nodeStream(vmi, 'usbredir');
}

/** A port of the guest's VSOCK. */
export function decideVsock(vmi: VirtualMachineInstance): Answer {
  if (!vmi.spec.domain.devices.autoattachVSOCK) return refuse(badRequest('VSOCK is not attached.'));
  if (!isRunning(vmi)) return refuse(badRequest('VMI is not running'));
  return nodeStream(vmi, 'vsock');
}
