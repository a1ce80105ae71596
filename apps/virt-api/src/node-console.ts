import { Duplex } from 'node:stream';
import { dialHandler, handlerServerName, RpcError, type HandlerClient, type RotatingTls } from '@quickvirt/rpc';
import type { HandlerDirectory } from './handler-directory.ts';
import { badRequest, internalError, RequestRefused, unavailable, type FailureStatus } from './status.ts';
import type { NodeStreamTarget } from './subresources/answer.ts';

export interface NodeConsoleOptions {
  directory: Pick<HandlerDirectory, 'find'>;
  tls: RotatingTls;
}

/** So long the node's virt-handler and the launcher may take to open the console, or to refuse. */
const OPEN_TIMEOUT_MS = 10_000;

/**
 * Opens the serial console of a VMI through the virt-handler of its node, as a stream of bytes.
 * @throws RequestRefused 400 while the guest has no console yet (clients try again), 503 while the node's virt-handler
 *   cannot be reached, 500 otherwise.
 */
export async function openNodeConsole(
  target: NodeStreamTarget,
  { directory, tls }: NodeConsoleOptions,
): Promise<Duplex> {
  const { nodeName, namespace, name, uid } = target;
  const address = directory.find(nodeName);
  if (!address) throw new RequestRefused(unavailable(`no virt-handler is ready on node ${nodeName}, try again`));
  try {
    const client = dialHandler({ address, serverName: handlerServerName(nodeName), tls });
    return await openConsole(client, { namespace, name, uid });
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

function refusalOf({ code, message }: RpcError, nodeName: string): FailureStatus {
  switch (code) {
    case 'NOT_FOUND':
    case 'FAILED_PRECONDITION':
      return badRequest(`the serial console is not there: ${message}`);
    case 'UNAVAILABLE':
    case 'DEADLINE_EXCEEDED':
      return unavailable(`virt-handler on node ${nodeName} cannot be reached, try again: ${message}`);
    default:
      return internalError(`virt-handler on node ${nodeName}: ${message}`);
  }
}
