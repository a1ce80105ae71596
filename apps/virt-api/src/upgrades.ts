import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';
import { WebSocketServer, type WebSocket } from 'ws';
import { statusOf } from './app.ts';
import { admitCall, type GateOptions } from './gate.ts';
import type { ApiMetrics } from './metrics.ts';
import { SessionLimiter } from './session-limit.ts';
import { badRequest, notImplemented, RequestRefused, tooManyRequests, type FailureStatus } from './status.ts';
import { bridge } from './stream-bridge.ts';
import type { NodeTarget } from './subresources/answer.ts';
import type { SubresourceService } from './subresources/service.ts';

export interface UpgradesOptions {
  service: SubresourceService;
  gate: GateOptions;
  metrics: Pick<ApiMetrics, 'consoleConnections'>;
  /**
   * Opens the serial console on the node; resolves once the node answered that it is there.
   * @throws RequestRefused when it is not.
   */
  openConsole: (target: NodeTarget) => Promise<Duplex>;
  logger: Logger;
}

/** The subprotocol of all of the API's streams: each frame is bytes, as they are. */
const SUBPROTOCOL = 'plain.kubevirt.io';
/** A client types or pastes; it sends no more than this at once. */
const MAX_FRAME_BYTES = 1024 * 1024;
/** RFC 6455 section 7.4.1. */
const GOING_AWAY = 1001;
/** A client that lives answers a close at once. */
const CLOSE_MS = 2_000;
const SESSION_LIMITS = { perVmi: 16, total: 1024 };

/** Serves the WebSockets of the API. Everything that can be refused is refused before the upgrade, as plain HTTP. */
export class Upgrades {
  readonly #options: UpgradesOptions;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  readonly #limiter = new SessionLimiter(SESSION_LIMITS);
  /** Each resolves when both of its sides are closed. */
  readonly #sessions = new Set<Promise<void>>();

  constructor(options: UpgradesOptions) {
    this.#options = options;
  }

  /** Handles the `upgrade` event of the server. Never throws. */
  readonly handle = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    // Without a listener, a client that goes away meanwhile would end the process.
    socket.on('error', () => socket.destroy());
    this.#serve(request, socket, head).catch((error: unknown) => {
      const status = statusOf(error);
      if (status.code >= 500) this.#options.logger.error('cannot open a stream', { path: request.url, error });
      refuseUpgrade(socket, status);
    });
  };

  /**
   * Lets the sessions that are open go on until their ends, as the process is going away; those that last longer than
   * `patienceMs` are closed, and their clients may connect again, to another replica. Resolves when none is left.
   */
  async drain(patienceMs: number, clock: Clock): Promise<void> {
    const waiting = new AbortController();
    const ended = this.#allEnded();
    await Promise.race([ended, clock.sleep(patienceMs, waiting.signal).catch(() => undefined)]);
    for (const client of this.#webSockets.clients) client.close(GOING_AWAY, 'virt-api is going away, connect again');
    await Promise.race([ended, clock.sleep(CLOSE_MS, waiting.signal).catch(() => undefined)]);
    waiting.abort();
    for (const client of this.#webSockets.clients) client.terminate();
    await ended;
  }

  async #allEnded(): Promise<void> {
    while (this.#sessions.size > 0) await Promise.all(this.#sessions);
  }

  async #serve(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { service, gate } = this.#options;
    const url = new URL(request.url ?? '/', 'https://virt-api');
    const { path, family } = await admitCall(request, url.pathname, gate);
    if (!family.isStream) throw new RequestRefused(badRequest('this subresource is no WebSocket'));
    const outcome = await service.answer(family, { path, options: {}, query: url.searchParams });
    if (outcome.type === 'failure') throw new RequestRefused(outcome.status);
    if (outcome.type !== 'node-stream' || outcome.stream !== 'console') {
      throw new RequestRefused(notImplemented(`"${path.subresource}"`));
    }
    await this.#console(outcome.target, { request, socket, head });
  }

  async #console(
    target: NodeTarget,
    { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
  ): Promise<void> {
    const release = this.#limiter.open(target.uid);
    if (!release) {
      throw new RequestRefused(
        tooManyRequests(`too many consoles are open (${SESSION_LIMITS.perVmi} of one VMI at most): close one`, 5),
      );
    }
    try {
      const stream = await this.#options.openConsole(target);
      const client = socket.destroyed ? undefined : this.#upgrade(request, socket, head);
      if (client) {
        this.#join(client, stream, target, release);
      } else {
        stream.destroy();
        release();
      }
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Undefined where the handshake was no valid one; the client has its answer then. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): WebSocket | undefined {
    let upgraded: WebSocket | undefined;
    this.#webSockets.handleUpgrade(request, socket, head, (client) => (upgraded = client));
    return upgraded;
  }

  #join(client: WebSocket, stream: Duplex, { namespace, name }: NodeTarget, release: () => void): void {
    const { metrics, logger } = this.#options;
    const labels = { namespace, vmi: name };
    metrics.consoleConnections.inc(labels);
    const session = bridge(client, stream).then(({ error }) => {
      this.#sessions.delete(session);
      release();
      metrics.consoleConnections.dec(labels);
      if (error === undefined) return;
      logger.warn('lost the console of a guest', {
        object: { kind: 'VirtualMachineInstance', namespace, name },
        error,
      });
    });
    this.#sessions.add(session);
  }
}

function refuseUpgrade(socket: Duplex, status: FailureStatus): void {
  if (socket.destroyed || !socket.writable) return;
  const body = JSON.stringify(status);
  socket.end(
    [
      `HTTP/1.1 ${status.code} ${STATUS_CODES[status.code] ?? 'Error'}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
