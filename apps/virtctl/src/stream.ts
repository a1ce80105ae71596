import type { IncomingMessage } from 'node:http';
import type { Status, Login } from '@quickvirt/kube';
import { WebSocket } from 'ws';

/** The API's subprotocol for streams of bytes. */
const SUBPROTOCOL = 'plain.kubevirt.io';
const HANDSHAKE_TIMEOUT_MS = 30_000;
/** A refusal is a short Status. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** The server answered the request for a stream with something else. */
export class StreamRefused extends Error {
  /** HTTP status code. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = 'StreamRefused';
    this.status = status;
  }
}

/**
 * Opens a stream of bytes to the cluster, as the user of the login.
 * @param path below the server's address, escaped.
 * @throws StreamRefused when the server answers with an error; Error when it cannot be reached.
 */
export async function openStream(login: Login, path: string): Promise<WebSocket> {
  const { tls, headers, proxied } = await login.credentials();
  if (proxied) throw new Error('the kubeconfig names a proxy (proxy-url): streams through a proxy are not supported');
  const url = new URL(login.server);
  url.protocol = url.protocol.replace('http', 'ws');
  url.pathname = url.pathname.replace(/\/$/, '') + path;
  const socket = new WebSocket(url, [SUBPROTOCOL], {
    ...tls,
    headers,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    perMessageDeflate: false,
  });
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
    socket.once('unexpected-response', (request, response) => {
      void readRefusal(response).then((refusal) => {
        request.destroy();
        reject(refusal);
      });
    });
  });
}

async function readRefusal(response: IncomingMessage): Promise<StreamRefused> {
  const code = response.statusCode ?? 0;
  const text = await textOf(response).catch(() => '');
  return new StreamRefused(
    code,
    messageOf(text) ?? `the server answered ${code} ${response.statusMessage ?? ''}`.trim(),
  );
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_REFUSAL_BYTES) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8').trim();
}

/** The message of a meta/v1 Status; else the text as it is. */
function messageOf(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return (JSON.parse(text) as Status).message ?? text;
  } catch {
    return text;
  }
}
