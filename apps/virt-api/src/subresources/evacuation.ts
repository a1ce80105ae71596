import { virtualMachineInstances, type VirtualMachineInstance } from '@quickvirt/api';
import type { Answer } from './answer.ts';
import { patchOf } from './patch-write.ts';

/** Takes back that a VMI is to leave its node. */
export function decideEvacuateCancel(vmi: VirtualMachineInstance, options: { dryRun?: string[] }): Answer {
  if (!vmi.status?.evacuationNodeName) return { type: 'writes', code: 200, writes: [] };
  const remove = { op: 'remove', path: '/status/evacuationNodeName' } as const;
  return { type: 'writes', code: 200, writes: [patchOf(virtualMachineInstances, vmi, [remove], options, 'status')] };
}
