import type { VirtualMachineInstance } from '@quickvirt/api';
import { badRequest } from '../status.ts';
import { refuse, type Answer } from './answer.ts';
import { nodeStream } from './node-target.ts';
import { conflictOnVmi, isRunning } from './vmi-conditions.ts';

/**
 * The serial console. "Not running yet" is 400 and nothing else, because clients try again on 400 alone; 409 is final.
 */
export function decideConsole(vmi: VirtualMachineInstance): Answer {
  const { spec, status } = vmi;
  if (spec.domain.devices.autoattachSerialConsole === false)
    return refuse(badRequest('No serial consoles are present.'));
  if (status?.phase === 'Failed') return refuse(conflictOnVmi(vmi, 'VMI is in failed status'));
  if (!isRunning(vmi) || !status?.nodeName) return refuse(badRequest('VMI is not running'));
  return nodeStream(vmi, 'console');
}
