import { Metadata, status, type ServiceError } from '@grpc/grpc-js';

/** Name of a gRPC status (grpc/grpc, doc/statuscodes.md), for example `FAILED_PRECONDITION`. */
export type RpcCode = Exclude<keyof typeof status, 'OK'>;

/** What a machine reads of a failure; a person reads the message. */
export interface RpcErrorDetails {
  /** One CamelCase word, as a condition's reason. */
  reason?: string;
  /** Path of the field at fault, for example `spec.domain.devices.disks[0].bus`. */
  field?: string;
}

/** Trailer that carries RpcErrorDetails as JSON. */
const DETAILS_KEY = 'quickvirt-error-bin';
/** HTTP/2 peers refuse trailers beyond 16 KiB; percent encoding may triple a message. */
const MAX_MESSAGE_CHARACTERS = 3000;
const MAX_DETAILS_BYTES = 2048;

/** A call that failed, on either end. */
export class RpcError extends Error {
  override name = 'RpcError';
  readonly code: RpcCode;
  readonly details: RpcErrorDetails;

  constructor(code: RpcCode, message: string, options: { details?: RpcErrorDetails; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}

/** The error of a call as RpcError; its cause is what the gRPC library threw. */
export function rpcErrorFrom(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  if (!isServiceError(error))
    return new RpcError('UNKNOWN', error instanceof Error ? error.message : String(error), { cause: error });
  const code = (status[error.code] as RpcCode | undefined) ?? 'UNKNOWN';
  return new RpcError(code, error.details || error.message, { cause: error, details: detailsOf(error.metadata) });
}

/** What a server answers for an error that a handler threw. */
export function serviceErrorFrom(error: unknown): Pick<ServiceError, 'code' | 'details' | 'metadata'> {
  const metadata = new Metadata();
  if (error instanceof RpcError) {
    const details = Buffer.from(JSON.stringify(error.details));
    if (details.length > 2 && details.length <= MAX_DETAILS_BYTES) metadata.set(DETAILS_KEY, details);
    return { code: status[error.code], details: bounded(error.message), metadata };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: status.INTERNAL, details: bounded(message), metadata };
}

function bounded(message: string): string {
  return message.length <= MAX_MESSAGE_CHARACTERS ? message : `${message.slice(0, MAX_MESSAGE_CHARACTERS)}…`;
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}

/** The peer may be a guest's launcher: anything but two short strings is dropped. */
function detailsOf(metadata: Metadata | undefined): RpcErrorDetails {
  const [bytes] = metadata?.get(DETAILS_KEY) ?? [];
  if (!Buffer.isBuffer(bytes) || bytes.length > MAX_DETAILS_BYTES) return {};
  try {
    const { reason, field } = JSON.parse(bytes.toString()) as Record<string, unknown>;
    return {
      ...(typeof reason === 'string' && { reason }),
      ...(typeof field === 'string' && { field }),
    };
  } catch {
    return {};
  }
}
