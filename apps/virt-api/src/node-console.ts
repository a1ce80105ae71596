import { Duplex } from 'node:stream';
import { RpcError, type HandlerClient } from '@quickvirt/rpc';
import { dialNode, nodeRefusal, type NodePorts } from './node-handler.ts';
import { badRequest, RequestRefused, type FailureStatus } from './status.ts';
import type { NodeTarget } from './subresources/answer.ts';

/** So long the node's virt-handler and the launcher may take to open the console, or to refuse. */
const OPEN_TIMEOUT_MS = 10_000;

/**
 * Opens the serial console of a VMI through the virt-handler of its node, as a stream of bytes.
 * @throws RequestRefused 400 while the guest has no console yet (clients try again), 503 while the node's virt-handler
 *   cannot be reached, 500 otherwise.
 */
export async function openNodeConsole(target: NodeTarget, ports: NodePorts): Promise<Duplex> {
  const { nodeName, namespace, name, uid } = target;
  try {
    return await openConsole(dialNode(nodeName, ports), { namespace, name, uid });
  } catch (error) {
    throw error instanceof RpcError ? new RequestRefused(refusalOf(error, nodeName), { cause: error }) : error;
  }
}

type ConsoleCall = ReturnType<HandlerClient['console']>;

async function openConsole(
  client: HandlerClient,
  open: { namespace: string; name: string; uid: string },
): Promise<Duplex> {
  const call = client.console();
  const close = (): void => {
    call.destroy();
    client.close();
  };
  call.write({ open });
  try {
    await answered(call);
  } catch (error) {
    close();
    throw error;
  }
  return bytesOf(call, close);
}

/** Resolves at the first answer, which says that the console is open; rejects with the refusal, or when none comes. */
function answered(call: ConsoleCall): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error): void => {
      clearTimeout(timer);
      call.off('readable', onReadable);
      call.off('error', settle);
      if (error) reject(error);
      else resolve();
    };
    const onReadable = (): void => settle();
    const late = (): void => settle(new RpcError('DEADLINE_EXCEEDED', 'the console did not open in time'));
    const timer = setTimeout(late, OPEN_TIMEOUT_MS);
    call.once('readable', onReadable);
    call.once('error', settle);
  });
}

/** The call's data without its envelopes; back-pressure goes through. */
function bytesOf(call: ConsoleCall, close: () => void): Duplex {
  const bytes = new Duplex({
    read: () => call.resume(),
    write: (chunk: Buffer, _encoding, callback) => void call.write({ data: chunk }, callback),
    final: (callback) => void call.end(callback),
    destroy: (error, callback) => {
      close();
      callback(error);
    },
  });
  call.on('error', (error) => bytes.destroy(error));
  call.on('end', () => bytes.push(null));
  call.on('data', ({ data }) => {
    // An empty message only says that the console is open.
    if (data.length > 0 && !bytes.push(data)) call.pause();
  });
  return bytes;
}

function refusalOf(error: RpcError, nodeName: string): FailureStatus {
  const isMissing = error.code === 'NOT_FOUND' || error.code === 'FAILED_PRECONDITION';
  return isMissing ? badRequest(`the serial console is not there: ${error.message}`) : nodeRefusal(error, nodeName);
}
