import type { VirtualMachineInstance } from '@quickvirt/api';
import { badRequest } from '../status.ts';
import { refuse, type Answer } from './answer.ts';
import { nodeStream, onNode } from './node-target.ts';
import { conflictOnVmi, isRunning, notConnectable } from './vmi-conditions.ts';

/** The screen as a VNC stream; with `preserveSession` a client that is there is not thrown out. */
export function decideVnc(vmi: VirtualMachineInstance, query: URLSearchParams): Answer {
  if (!hasScreen(vmi)) return refuse(badRequest('No graphics devices are present.'));
  if (vmi.status?.phase === 'Failed') return refuse(conflictOnVmi(vmi, 'VMI is in failed status'));
  if (!isRunning(vmi)) return refuse(badRequest('VMI is not running'));
  return nodeStream(vmi, `vnc?preserveSession=${query.get('preserveSession') === 'true'}`);
}

/** The screen as one image. A guest that does not run is, by an old convention, a 500 with plain text. */
export function decideScreenshot(vmi: VirtualMachineInstance): Answer {
  if (!hasScreen(vmi)) return refuse(badRequest('No graphics devices are present.'));
  if (!isRunning(vmi)) return { type: 'text', code: 500, text: notConnectable(vmi) };
  return onNode(vmi, 'GET', 'vnc/screenshot');
}

function hasScreen({ spec }: VirtualMachineInstance): boolean {
  return spec.domain.devices.autoattachGraphicsDevice !== false;
}
