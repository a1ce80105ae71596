import type { VirtualMachineInstance } from '@quickvirt/api';
import type { Answer, NodeCall, NodeTarget } from './answer.ts';

/** Ask the node that runs the VMI. */
export function onNode(vmi: VirtualMachineInstance, method: NodeCall['method'], action: string): Answer {
  return { type: 'node', call: { target: nodeTarget(vmi), method, action } };
}

/** A stream of the node that runs the VMI. */
export function nodeStream(vmi: VirtualMachineInstance, stream: string): Answer {
  return { type: 'node-stream', stream, target: nodeTarget(vmi) };
}

function nodeTarget({ metadata, status }: VirtualMachineInstance): NodeTarget {
  const { namespace = '', name = '', uid = '' } = metadata;
  return { nodeName: status?.nodeName ?? '', namespace, name, uid };
}
