import { dialHandler, handlerServerName, type HandlerClient, type RotatingTls, type RpcError } from '@quickvirt/rpc';
import type { HandlerDirectory } from './handler-directory.ts';
import { internalError, RequestRefused, unavailable, type FailureStatus } from './status.ts';

/** How the virt-handlers of nodes are reached. */
export interface NodePorts {
  directory: Pick<HandlerDirectory, 'find'>;
  tls: RotatingTls;
}

/**
 * The virt-handler of a node; it is connected to at the first call.
 * @throws RequestRefused 503 while none is ready there; RpcError UNAVAILABLE before our own certificate is there.
 */
export function dialNode(nodeName: string, { directory, tls }: NodePorts): HandlerClient {
  const address = directory.find(nodeName);
  if (!address) throw new RequestRefused(unavailable(`no virt-handler is ready on node ${nodeName}, try again`));
  return dialHandler({ address, serverName: handlerServerName(nodeName), tls });
}

/** How a failed call to a node is told: 503 while it cannot be reached, else 500. */
export function nodeRefusal({ code, message }: RpcError, nodeName: string): FailureStatus {
  return code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED'
    ? unavailable(`virt-handler on node ${nodeName} cannot be reached, try again: ${message}`)
    : internalError(`virt-handler on node ${nodeName}: ${message}`);
}
