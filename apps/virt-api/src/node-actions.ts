import { virtualMachineInstances } from '@quickvirt/api';
import { RpcError, type HandlerClient, type VmiReference } from '@quickvirt/rpc';
import { dialNode, nodeRefusal, type NodePorts } from './node-handler.ts';
import { conflict, notImplemented, RequestRefused, type FailureStatus } from './status.ts';
import type { NodeCall } from './subresources/answer.ts';

/** The handler waits 10 s for the launcher. */
const ACTION_TIMEOUT_MS = 15_000;

/** What nodes can do for a guest that runs, by subresource. */
const ACTIONS: Readonly<Record<string, (client: HandlerClient, vmi: VmiReference) => Promise<unknown>>> = {
  pause: (client, vmi) => client.pause({ vmi }, { timeoutMs: ACTION_TIMEOUT_MS }),
  unpause: (client, vmi) => client.unpause({ vmi }, { timeoutMs: ACTION_TIMEOUT_MS }),
};

/**
 * Asks the node to act on a guest; resolves when it has.
 * @throws RequestRefused 501 for what no node can do yet, 409 when the guest does not run there, 503 while the node
 *   cannot be reached, 500 otherwise.
 */
export async function callNode({ target, action }: NodeCall, ports: NodePorts): Promise<void> {
  const run = ACTIONS[action];
  if (!run) throw new RequestRefused(notImplemented(`"${action}" of a running VirtualMachineInstance`));
  const { nodeName, namespace, name, uid } = target;
  let client: HandlerClient | undefined;
  try {
    client = dialNode(nodeName, ports);
    await run(client, { namespace, name, uid });
  } catch (error) {
    throw error instanceof RpcError ? new RequestRefused(refusalOf(error, target), { cause: error }) : error;
  } finally {
    client?.close();
  }
}

function refusalOf(error: RpcError, { nodeName, name }: NodeCall['target']): FailureStatus {
  switch (error.code) {
    case 'NOT_FOUND':
    case 'FAILED_PRECONDITION':
      return conflict({ resource: virtualMachineInstances, name }, error.message);
    case 'UNIMPLEMENTED':
      return notImplemented(`by the launcher of this guest, which is older than this release: ${error.message}`);
    default:
      return nodeRefusal(error, nodeName);
  }
}
