import type { Dispatcher } from 'undici';
import undiciRequest from 'undici/lib/api/api-request.js';
import Pool from 'undici/lib/dispatcher/pool.js';
import { BackOff } from './back-off.ts';
import { systemClock, type Clock } from './clock.ts';
import { deadline } from './deadline.ts';
import { ApiError, CredentialsError, TransportError, type Status } from './errors.ts';
import type { Credentials, Login, TlsIdentity } from './login.ts';
import type { RequestMetrics } from './request-metrics.ts';

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the server's address, escaped. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  contentType?: string;
  signal?: AbortSignal;
  /** For the whole call, retries included. For `stream`: until the answer's head. */
  timeoutMs?: number;
  /** For metrics: Kubernetes' verb and plural. */
  verb?: string;
  resource?: string;
}

type Answer = Dispatcher.ResponseData;

const DEFAULT_TIMEOUT_MS = 30_000;
/** client-go reads the token file again at this age (transport/token_source.go: one minute). */
const CREDENTIALS_MAX_AGE_MS = 60_000;
const MAX_ATTEMPTS = 5;
const RETRIED_STATUS = new Set([500, 502, 503, 504]);

/**
 * Sends requests to one API server over one pool of HTTP/1.1 connections. Obeys 429 and Retry-After, retries 5xx and
 * lost connections of GET, and reads credentials again as they rotate.
 */
export class Transport {
  readonly #login: Login;
  readonly #clock: Clock;
  readonly #metrics: RequestMetrics | undefined;
  readonly #userAgent: string;
  #pool: { dispatcher: Dispatcher; identity: string } | undefined;
  #credentials: { read: Promise<Credentials>; atMs: number } | undefined;

  constructor(login: Login, options: { clock?: Clock; metrics?: RequestMetrics; userAgent?: string } = {}) {
    this.#login = login;
    this.#clock = options.clock ?? systemClock;
    this.#metrics = options.metrics;
    this.#userAgent = options.userAgent ?? 'quickvirt';
  }

  /** Sends and reads the whole answer: JSON where it is JSON, text otherwise. */
  async send(request: TransportRequest): Promise<unknown> {
    const limit = deadline(request.signal, request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    try {
      return await this.#attempt(request, limit.signal, (answer) => readBody(answer));
    } catch (error) {
      throw limit.expired() ? new TransportError(describe(request), 'time is up', { cause: error }) : error;
    } finally {
      limit.dispose();
    }
  }

  /** Sends and answers with the open body, without an idle limit. End it with `body.destroy()` or the signal. */
  async stream(request: TransportRequest): Promise<Answer['body']> {
    const head = deadline(request.signal, request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    try {
      const body = await this.#attempt(request, head.signal, (answer) => answer.body);
      const abort = () => body.destroy(request.signal?.reason);
      if (request.signal?.aborted) abort();
      request.signal?.addEventListener('abort', abort, { once: true });
      body.once('close', () => request.signal?.removeEventListener('abort', abort));
      return body;
    } catch (error) {
      throw head.expired() ? new TransportError(describe(request), 'time is up', { cause: error }) : error;
    } finally {
      head.dispose();
    }
  }

  async close(): Promise<void> {
    await this.#pool?.dispatcher.destroy();
  }

  async #attempt<Result>(
    request: TransportRequest,
    signal: AbortSignal,
    read: (answer: Answer) => Result | Promise<Result>,
  ): Promise<Result> {
    const backOff = new BackOff({ minMs: 100, maxMs: 5_000 });
    for (let attempt = 1; ; attempt += 1) {
      let failure: ApiError | TransportError;
      try {
        return await this.#once(request, signal, read, attempt);
      } catch (error) {
        if (signal.aborted) throw error;
        if (!(error instanceof ApiError) && !(error instanceof TransportError)) throw error;
        failure = error;
      }
      const delayMs = retryDelayMs(request, failure, () => backOff.next(this.#clock.monotonicMs()));
      if (delayMs === undefined || attempt >= MAX_ATTEMPTS) throw failure;
      await this.#clock.sleep(delayMs, signal);
    }
  }

  async #once<Result>(
    request: TransportRequest,
    signal: AbortSignal,
    read: (answer: Answer) => Result | Promise<Result>,
    attempt: number,
  ): Promise<Result> {
    const startMs = this.#clock.monotonicMs();
    const { dispatcher, headers } = await this.#connection();
    let answer: Answer;
    try {
      answer = await undiciRequest.call(dispatcher, {
        origin: this.#login.server.origin,
        path: this.#pathWithQuery(request),
        method: request.method,
        headers: {
          accept: 'application/json',
          'user-agent': this.#userAgent,
          ...headers,
          ...(request.body !== undefined && { 'content-type': request.contentType ?? 'application/json' }),
        },
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal,
        // Our own limits hold: the whole call has a deadline, and a watch judges its silence itself.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
    } catch (error) {
      this.#metrics?.observe(request, this.#login.server.host, '<error>', this.#clock.monotonicMs() - startMs);
      if (signal.aborted) throw error;
      throw new TransportError(describe(request), `no answer from ${this.#login.server.origin}`, { cause: error });
    }
    this.#metrics?.observe(
      request,
      this.#login.server.host,
      String(answer.statusCode),
      this.#clock.monotonicMs() - startMs,
    );
    if (answer.statusCode < 300) {
      try {
        return await read(answer);
      } catch (error) {
        if (signal.aborted) throw error;
        throw new TransportError(describe(request), 'the answer was cut off', { cause: error });
      }
    }
    const refused = await apiErrorFrom(request, answer);
    // The token may have been revoked or have rotated since it was read: once more with a fresh one.
    if (refused.status === 401 && attempt === 1) {
      this.#credentials = undefined;
      return this.#once(request, signal, read, attempt + 1);
    }
    throw refused;
  }

  async #connection(): Promise<{ dispatcher: Dispatcher; headers: Record<string, string> }> {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#credentials || nowMs - this.#credentials.atMs > CREDENTIALS_MAX_AGE_MS) {
      this.#credentials = { read: this.#login.credentials(), atMs: nowMs };
    }
    const reading = this.#credentials;
    try {
      const { tls, headers, proxied } = await reading.read;
      return { dispatcher: this.#dispatcherFor(tls, proxied), headers };
    } catch (error) {
      if (this.#credentials === reading) this.#credentials = undefined;
      throw new CredentialsError(this.#login.server.origin, { cause: error });
    }
  }

  /** The pool in use, or a new one when the certificates changed; the old one ends with its last answer. */
  #dispatcherFor(tls: TlsIdentity, proxied: Dispatcher | undefined): Dispatcher {
    const identity = JSON.stringify(tls);
    if (this.#pool?.identity === identity) {
      void proxied?.close();
      return this.#pool.dispatcher;
    }
    const previous = this.#pool?.dispatcher;
    const dispatcher =
      proxied ??
      new Pool(this.#login.server.origin, {
        // One connection for one answer at a time: a watch must never queue before a write.
        pipelining: 1,
        allowH2: false,
        keepAliveTimeout: 30_000,
        connect: { ...tls, timeout: 10_000, keepAliveInitialDelay: 30_000 },
      });
    this.#pool = { dispatcher, identity };
    void previous?.close();
    return dispatcher;
  }

  #pathWithQuery({ path, query }: TransportRequest): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) parameters.set(name, String(value));
    }
    const base = this.#login.server.pathname.replace(/\/$/, '');
    const search = parameters.toString();
    return `${base}${path}${search && `${path.includes('?') ? '&' : '?'}${search}`}`;
  }
}

/**
 * When to try again; undefined for never. The server's own request to wait counts for every method, because it came
 * instead of the work (API concepts, "Retry-After"); anything else is repeated for GET only.
 */
function retryDelayMs(
  request: TransportRequest,
  failure: ApiError | TransportError,
  backOffMs: () => number,
): number | undefined {
  if (failure instanceof TransportError) return request.method === 'GET' ? backOffMs() : undefined;
  if (failure.retryAfterMs !== undefined && (failure.status === 429 || failure.status >= 500)) {
    return failure.retryAfterMs;
  }
  const retried = failure.status === 429 || RETRIED_STATUS.has(failure.status);
  return request.method === 'GET' && retried ? backOffMs() : undefined;
}

async function readBody(answer: Answer): Promise<unknown> {
  const text = await answer.body.text();
  const isJson = String(answer.headers['content-type'] ?? '').startsWith('application/json');
  return isJson ? JSON.parse(text) : text;
}

async function apiErrorFrom(request: TransportRequest, answer: Answer): Promise<ApiError> {
  const text = await answer.body.text();
  const header = answer.headers['retry-after'];
  const seconds = Number(Array.isArray(header) ? header[0] : header);
  return new ApiError(describe(request), {
    status: answer.statusCode,
    body: statusFrom(text),
    ...(header !== undefined && Number.isFinite(seconds) && { retryAfterMs: seconds * 1000 }),
  });
}

function statusFrom(text: string): Status {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'kind' in parsed && parsed.kind === 'Status') {
      return parsed as Status;
    }
  } catch {
    // A proxy or the aggregator answered in its own words: they are the message.
  }
  return { kind: 'Status', message: text.slice(0, 500) };
}

function describe({ method, path }: TransportRequest): string {
  return `${method} ${path}`;
}
