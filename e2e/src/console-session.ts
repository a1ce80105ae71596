import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { WebSocket } from 'ws';

/** One exchange on a console: type `send`, or wait for `expect`. */
export interface Exchange {
  /** A line to type; a newline is added. */
  send?: string;
  /** A regular expression that what the guest prints must match. */
  expect?: string;
  /** Variable that gets the first group of `expect`. */
  saveAs?: string;
  timeoutMs?: number;
}

/**
 * A serial console opened with exactly the request that an unmodified client makes: a WebSocket with the subprotocol
 * `plain.kubevirt.io` and the caller's own credentials, through the API server.
 */
export class ConsoleSession {
  private socket: WebSocket;
  /** What the guest printed since the last match. */
  private unread = '';
  /** Everything the guest printed. */
  transcript = '';
  private wake: () => void = () => undefined;
  private ended: Error | undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      const text = data.toString('latin1');
      this.unread += text;
      this.transcript += text;
      this.wake();
    });
    socket.on('close', (code, reason) => this.end(new Error(`the console was closed: ${code} ${reason.toString()}`)));
    socket.on('error', (error) => this.end(error));
  }

  private end(error: Error): void {
    this.ended ??= error;
    this.wake();
  }

  /**
   * Opens the console. While the answer is HTTP 400 the guest is not there yet; then it is tried again each second, as
   * clients do, until `timeoutMs`.
   */
  static async open(
    kubeconfig: string,
    namespace: string,
    vmi: string,
    timeoutMs: number,
    version = 'v1',
  ): Promise<ConsoleSession> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      try {
        return await ConsoleSession.dial(kubeconfig, namespace, vmi, version);
      } catch (error) {
        if (!(error instanceof UpgradeRefused && error.status === 400) || Date.now() > deadline) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  private static dial(kubeconfig: string, namespace: string, vmi: string, version: string): Promise<ConsoleSession> {
    const { server, ...tls } = adminAccess(kubeconfig);
    const url = `${server.replace(/^http/, 'ws')}/apis/subresources.kubevirt.io/${version}/namespaces/${namespace}/virtualmachineinstances/${vmi}/console`;
    const socket = new WebSocket(url, ['plain.kubevirt.io'], { ...tls, handshakeTimeout: 20_000 });
    return new Promise((resolve, reject) => {
      const session = new ConsoleSession(socket);
      socket.once('open', () => resolve(session));
      socket.once('unexpected-response', (_request, response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => reject(new UpgradeRefused(response.statusCode ?? 0, body)));
      });
      socket.once('error', reject);
    });
  }

  /** Runs the exchanges in order and returns the variables they saved. @throws with the last output when one fails. */
  async run(exchanges: Exchange[]): Promise<Record<string, string>> {
    const saved: Record<string, string> = {};
    for (const { send, expect, saveAs, timeoutMs } of exchanges) {
      if (send !== undefined) this.socket.send(Buffer.from(`${send}\n`));
      if (expect === undefined) continue;
      const match = await this.expect(new RegExp(expect, 'm'), timeoutMs ?? 60_000);
      if (saveAs) saved[saveAs] = match[1] ?? match[0];
    }
    return saved;
  }

  private async expect(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const match = pattern.exec(this.unread);
      if (match) {
        this.unread = this.unread.slice(match.index + match[0].length);
        return match;
      }
      const leftMs = deadline - Date.now();
      if (this.ended || leftMs <= 0) {
        const why = this.ended ? this.ended.message : `nothing matched within ${timeoutMs / 1000} s`;
        throw new Error(
          `console: ${String(pattern)}: ${why}; the guest printed: ${JSON.stringify(this.unread.slice(-400))}`,
        );
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.socket.close();
    this.socket.terminate();
  }
}

/** The server answered the WebSocket request with something else. */
class UpgradeRefused extends Error {
  readonly status: number;
  constructor(status: number, body: string) {
    super(`the console was refused with HTTP ${status}: ${body.trim()}`);
    this.status = status;
  }
}

/** Address and client certificate of the current context of a kubeconfig file. */
function adminAccess(path: string): {
  server: string;
  ca: Buffer;
  cert?: Buffer;
  key?: Buffer;
  headers?: Record<string, string>;
} {
  interface Named<T> {
    name: string;
    cluster: T;
    user: T;
    context: T;
  }
  const config = parse(readFileSync(path, 'utf8')) as Record<
    'clusters' | 'users' | 'contexts',
    Named<Record<string, string>>[]
  > & { 'current-context': string };
  const context = config.contexts.find((item) => item.name === config['current-context'])?.context;
  const cluster = config.clusters.find((item) => item.name === context?.cluster)?.cluster;
  const user = config.users.find((item) => item.name === context?.user)?.user;
  if (!cluster?.server || !user) throw new Error(`${path}: the current context names no cluster or user`);
  const load = (data: string | undefined, file: string | undefined): Buffer | undefined =>
    data ? Buffer.from(data, 'base64') : file ? readFileSync(file) : undefined;
  return {
    server: cluster.server,
    ca: load(cluster['certificate-authority-data'], cluster['certificate-authority']) ?? Buffer.alloc(0),
    cert: load(user['client-certificate-data'], user['client-certificate']),
    key: load(user['client-key-data'], user['client-key']),
    headers: user.token ? { Authorization: `Bearer ${user.token}` } : undefined,
  };
}
