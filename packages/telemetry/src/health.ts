import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** One thing that must hold. Resolves with nothing when it does, or with what is wrong and what to look at. */
export type HealthCheck = () => string | undefined | Promise<string | undefined>;

export interface HealthSources {
  metrics: Metrics;
  /** The resourceVersion of the KubeVirt object the process runs by; clients wait on it after a change. */
  configResourceVersion?: () => string | undefined;
  /** Liveness: a failing check makes `/healthz` answer 500, and the kubelet restarts the container. */
  live?: Record<string, HealthCheck>;
  /** Readiness: a failing check makes `/readyz` answer 503. */
  ready?: Record<string, HealthCheck>;
}

/** Answers one request. Mountable on any `node:http(s)` or express server. */
export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The handlers behind `HealthServer`, for a process that serves them on a port of its own (virt-api). */
export interface HealthHandlers {
  healthz: RequestHandler;
  readyz: RequestHandler;
  metrics: RequestHandler;
}

/**
 * `/healthz` and `/readyz` answer `{"status", "checks": {name: "ok" | what is wrong}, "config-resource-version"}`;
 * `/metrics` answers Prometheus' text format.
 */
export function healthHandlers(sources: HealthSources): HealthHandlers {
  const probe =
    (checks: Record<string, HealthCheck>, failureStatus: number): RequestHandler =>
    async (_request, response) => {
      const results = await runChecks(checks);
      const failed = Object.values(results).some((result) => result !== 'ok');
      sendJson(response, failed ? failureStatus : 200, {
        status: failed ? 'failed' : 'ok',
        checks: results,
        'config-resource-version': sources.configResourceVersion?.() ?? '',
      });
    };
  return {
    healthz: probe(sources.live ?? {}, 500),
    readyz: probe(sources.ready ?? {}, 503),
    metrics: async (_request, response) => {
      const { contentType, body } = await sources.metrics.expose();
      response.writeHead(200, { 'content-type': contentType }).end(body);
    },
  };
}

async function runChecks(checks: Record<string, HealthCheck>): Promise<Record<string, string>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]): Promise<[string, string]> => {
      try {
        return [name, (await check()) ?? 'ok'];
      } catch (error) {
        return [name, `the check itself failed: ${String(error)}`];
      }
    }),
  );
  return Object.fromEntries(results);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export interface HealthServerOptions extends HealthSources {
  /** TCP port; 0 takes a free one. Defaults to 8080. */
  port?: number;
  /** Address to listen on. Defaults to all. */
  host?: string;
  logger: Logger;
}

/** Serves `/healthz`, `/readyz` and `/metrics` over plain HTTP: probes and scrapes only, nothing secret. */
export class HealthServer {
  readonly #options: HealthServerOptions;
  readonly #server: Server;

  constructor(options: HealthServerOptions) {
    this.#options = options;
    const handlers = healthHandlers(options);
    const routes: Record<string, RequestHandler> = {
      '/healthz': handlers.healthz,
      '/readyz': handlers.readyz,
      '/metrics': handlers.metrics,
    };
    this.#server = createServer((request, response) => {
      const handler = routes[(request.url ?? '/').split('?', 1)[0] ?? '/'];
      if (!handler || (request.method !== 'GET' && request.method !== 'HEAD')) {
        sendJson(response, handler ? 405 : 404, { status: 'failed', message: 'serves GET /healthz /readyz /metrics' });
        return;
      }
      handler(request, response).catch((error: unknown) => {
        options.logger.error('cannot answer a probe', { path: request.url, error });
        if (response.headersSent) response.destroy();
        else sendJson(response, 500, { status: 'failed', message: 'internal error; see the log' });
      });
    });
  }

  /** Resolves with the port once it listens; rejects with the system's error (EADDRINUSE, EACCES). */
  listen(): Promise<{ port: number }> {
    const { port = 8080, host } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host }, () => {
        this.#server.off('error', reject);
        resolve({ port: (this.#server.address() as AddressInfo).port });
      });
    });
  }

  /** Stops listening, ends idle connections, waits for answers under way. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }
}
