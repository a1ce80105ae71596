/** Fields of libvirt's `remote_error`, as they came from the daemon. */
export interface LibvirtErrorDetails {
  /** `virErrorNumber`, the constants in constants.ts name those that we act on. */
  code: number;
  /** `virErrorDomain`: the part of libvirt that failed. */
  domain: number;
  /** `virErrorLevel`: 1 warning, 2 error. */
  level: number;
  str1?: string | null;
  str2?: string | null;
  str3?: string | null;
  int1?: number;
  int2?: number;
}

/** The daemon answered a call with an error. The connection stays usable. Tell errors apart by `code` alone. */
export class LibvirtError extends Error {
  override readonly name = 'LibvirtError';
  /** `virErrorNumber`. */
  readonly code: number;
  /** Name of the procedure that was called, as in the procedure table. */
  readonly procedure: string;
  readonly details: LibvirtErrorDetails;

  constructor(message: string, procedure: string, details: LibvirtErrorDetails) {
    super(`${procedure}: ${message}`);
    this.code = details.code;
    this.procedure = procedure;
    this.details = details;
  }
}

/**
 * The connection is gone: the socket failed, the daemon fell silent, or it sent what is no valid message. Each call that
 * was under way is rejected with it, whether or not the daemon carried it out. It is safe to connect again.
 */
export class LibvirtConnectionError extends Error {
  override readonly name = 'LibvirtConnectionError';
}

/**
 * A call was given up by its time-out or its AbortSignal (then `cause` is the signal's reason). The daemon may still carry
 * it out: only `Domain.abortJob` ends work that is under way. The late reply is dropped.
 */
export class LibvirtCallAbandonedError extends Error {
  override readonly name = 'LibvirtCallAbandonedError';
}

/** A message is not what the protocol says: too short, a count beyond the message's end, an unknown union arm. */
export class XdrError extends Error {
  override readonly name = 'XdrError';
}
