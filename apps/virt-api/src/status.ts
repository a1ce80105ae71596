import type { Resource } from '@quickvirt/api';

/** meta/v1 Status of a request that failed. */
export interface FailureStatus {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Failure';
  message: string;
  reason: string;
  code: number;
  details?: {
    name?: string;
    group?: string;
    kind?: string;
    causes?: { reason?: string; message: string; field?: string }[];
    retryAfterSeconds?: number;
  };
}

/** Thrown where a request cannot go on; becomes the answer. */
export class RequestRefused extends Error {
  readonly status: FailureStatus;

  constructor(status: FailureStatus, options?: { cause?: unknown }) {
    super(status.message, options);
    this.name = 'RequestRefused';
    this.status = status;
  }
}

/** The object a Status is about, as apimachinery names it: `virtualmachine.kubevirt.io "x"`. */
export interface StatusSubject {
  resource: Pick<Resource, 'group' | 'singular'>;
  name: string;
}

/** A Status of a failed request. */
export function failure(
  code: number,
  reason: string,
  message: string,
  details?: FailureStatus['details'],
): FailureStatus {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details && { details }),
    code,
  };
}

const named = ({ resource, name }: StatusSubject): string => `${resource.singular}.${resource.group} "${name}"`;
const detailsOf = ({ resource, name }: StatusSubject) => ({ name, group: resource.group, kind: resource.singular });

/** 400: the request itself is wrong. */
export function badRequest(message: string): FailureStatus {
  return failure(400, 'BadRequest', message);
}

/** 401: QuickVirt answers so also where the caller is known but not allowed (clients of the API expect it). */
export function unauthorized(message: string): FailureStatus {
  return failure(401, 'Unauthorized', message);
}

/** 403: allowed to ask, but this object can never serve it. */
export function forbidden(subject: StatusSubject, message: string): FailureStatus {
  return failure(403, 'Forbidden', `${named(subject)} is forbidden: ${message}`, detailsOf(subject));
}

/** 404: no such object. */
export function notFound(subject: StatusSubject): FailureStatus {
  return failure(404, 'NotFound', `${named(subject)} not found`, detailsOf(subject));
}

/** 404: no such path. */
export function noSuchPath(path: string): FailureStatus {
  return failure(404, 'NotFound', `the server could not find the requested resource: ${path}`);
}

/** 405: the path exists, with other methods. */
export function methodNotAllowed(method: string, allowed: string): FailureStatus {
  return failure(405, 'MethodNotAllowed', `${method} is not supported here, use ${allowed}`);
}

/** 409: the object's state does not allow it now. */
export function conflict(subject: StatusSubject, message: string): FailureStatus {
  return failure(409, 'Conflict', `Operation cannot be fulfilled on ${named(subject)}: ${message}`, detailsOf(subject));
}

/** 413: the body is larger than is read. */
export function tooLarge(limitBytes: number): FailureStatus {
  return failure(413, 'RequestEntityTooLarge', `the body is larger than ${limitBytes} bytes`);
}

/** 415: the body is of a type that is not read. */
export function unsupportedMediaType(allowed: string): FailureStatus {
  return failure(415, 'UnsupportedMediaType', `the body must be ${allowed}`);
}

/** 429: too much at once; the client should try again after `retryAfterSeconds`. */
export function tooManyRequests(message: string, retryAfterSeconds: number): FailureStatus {
  return failure(429, 'TooManyRequests', message, { retryAfterSeconds });
}

/** 500. */
export function internalError(message: string): FailureStatus {
  return failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** 501: part of the API, but this release of QuickVirt cannot do it. */
export function notImplemented(what: string): FailureStatus {
  return failure(501, 'NotImplemented', `${what} is not available in this release of QuickVirt`);
}

/** 503: something that is needed is not there at the moment. */
export function unavailable(message: string): FailureStatus {
  return failure(503, 'ServiceUnavailable', message);
}
