import { virtualMachineInstances, type VirtualMachineInstance } from '@quickvirt/api';
import { badRequest, conflict } from '../status.ts';
import { refuse, type Answer } from './answer.ts';

/**
 * The serial console. "Not running yet" is 400 and nothing else, because clients try again on 400 alone; 409 is final.
 */
export function decideConsole({ metadata, spec, status }: VirtualMachineInstance): Answer {
  if (spec.domain.devices.autoattachSerialConsole === false)
    return refuse(badRequest('No serial consoles are present.'));
  if (status?.phase === 'Failed') {
    return refuse(
      conflict({ resource: virtualMachineInstances, name: metadata.name ?? '' }, 'VMI is in failed status'),
    );
  }
  if (status?.phase !== 'Running' || !status.nodeName) return refuse(badRequest('VMI is not running'));
  const { namespace = '', name = '', uid = '' } = metadata;
  return { type: 'node-stream', stream: 'console', target: { nodeName: status.nodeName, namespace, name, uid } };
}
