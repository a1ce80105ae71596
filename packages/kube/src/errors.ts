/** meta/v1 Status, as the API server answers a failed request. */
export interface Status {
  kind: 'Status';
  status?: string;
  code?: number;
  reason?: string;
  message?: string;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    uid?: string;
    causes?: { reason?: string; message?: string; field?: string }[];
    retryAfterSeconds?: number;
  };
}

/** A request that the API server refused. Judge by `status` and `reason`, never by the message. */
export class ApiError extends Error {
  /** HTTP status code. */
  readonly status: number;
  /** Machine-readable reason of meta/v1 Status (`NotFound`, `Conflict`, `AlreadyExists`, ...); empty if none came. */
  readonly reason: string;
  readonly details: Status['details'];
  /** How long the server asks to wait, from `Retry-After` or `details.retryAfterSeconds`. */
  readonly retryAfterMs: number | undefined;

  /** @param request method and path, for the message. */
  constructor(request: string, response: { status: number; body?: Status; retryAfterMs?: number }) {
    const { status, body } = response;
    super(`${request}: ${status} ${body?.message ?? 'without a Status'}`);
    this.name = 'ApiError';
    this.status = status;
    this.reason = body?.reason ?? '';
    this.details = body?.details;
    const seconds = body?.details?.retryAfterSeconds;
    this.retryAfterMs = response.retryAfterMs ?? (seconds === undefined ? undefined : seconds * 1000);
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }

  /** The object changed since it was read (409 with any reason but AlreadyExists). */
  get isConflict(): boolean {
    return this.status === 409 && this.reason !== 'AlreadyExists';
  }

  get isAlreadyExists(): boolean {
    return this.status === 409 && this.reason === 'AlreadyExists';
  }

  /** The resourceVersion or the page is too old: list again (410 Gone or Expired). */
  get isGone(): boolean {
    return this.status === 410;
  }
}

/** Whether `error` is an ApiError with status 404. */
export function isNotFound(error: unknown): error is ApiError {
  return error instanceof ApiError && error.isNotFound;
}

/** Whether `error` is an ApiError for an object that changed meanwhile. */
export function isConflict(error: unknown): error is ApiError {
  return error instanceof ApiError && error.isConflict;
}

/** Whether `error` is an ApiError for an object that exists already. */
export function isAlreadyExists(error: unknown): error is ApiError {
  return error instanceof ApiError && error.isAlreadyExists;
}

/** Whether `error` is an ApiError for a resourceVersion that the server no longer holds. */
export function isGone(error: unknown): error is ApiError {
  return error instanceof ApiError && error.isGone;
}

/** No answer came: the connection failed or the time was up. `cause` holds the reason. */
export class TransportError extends Error {
  constructor(request: string, what: string, options?: { cause?: unknown }) {
    super(`${request}: ${what}`, options);
    this.name = 'TransportError';
  }
}

/** The login's own means failed: a token file that cannot be read, an exec plugin that ended badly. Nothing was sent. */
export class CredentialsError extends Error {
  constructor(server: string, options: { cause: unknown }) {
    super(`cannot read the credentials for ${server}`, options);
    this.name = 'CredentialsError';
  }
}

/**
 * Thrown by an effect: trying again cannot help until the object or its surroundings change. Counted, shown (see
 * `Reconciler.failed`), not retried.
 */
export class Terminal extends Error {
  /** A CamelCase word for a condition's reason. */
  readonly reason: string;

  constructor(reason: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'Terminal';
    this.reason = reason;
  }
}

/** Thrown by an effect: waiting is normal; reconcile again after `delayMs`, without counting a failure. */
export class RetryAfter extends Error {
  readonly delayMs: number;

  constructor(delayMs: number, message = 'waiting', options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'RetryAfter';
    this.delayMs = delayMs;
  }
}
