import * as grpc from '@grpc/grpc-js';
import { CallDuplex } from './call-duplex.ts';
import type { ServiceMethods } from './codec.ts';
import { rpcErrorFrom } from './rpc-error.ts';
import type { Client, ServiceShape, StreamOptions, UnaryOptions } from './service.ts';

const DEFAULT_TIMEOUT_MS = 10_000;

export interface DialOptions {
  credentials: grpc.ChannelCredentials;
  /** Largest message that the peer may send. Defaults to 1 MiB. */
  maxReceiveBytes?: number;
  channelOptions?: grpc.ChannelOptions;
}

/**
 * Channel options that every connection shares: its own connection (a certificate or a socket is never another's), no
 * proxy from the environment, pings that find a dead peer, quick reconnects.
 */
function channelOptions({ maxReceiveBytes = 1024 * 1024, channelOptions }: DialOptions): grpc.ChannelOptions {
  return {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_channelz': 0,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.keepalive_time_ms': 30_000,
    'grpc.keepalive_timeout_ms': 20_000,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 2_000,
    'grpc.max_receive_message_length': maxReceiveBytes,
    ...channelOptions,
  };
}

/** A client of the service at `target` (gRPC name syntax). Connects at the first call. */
export function dial<S extends ServiceShape>(target: string, methods: ServiceMethods, options: DialOptions): Client<S> {
  const connection = new grpc.Client(target, options.credentials, channelOptions(options));
  const calls = [...methods].map(([name, method]) => [name, callOf(connection, method)]);
  return { ...Object.fromEntries(calls), close: () => connection.close() } as Client<S>;
}

type Method = grpc.MethodDefinition<object, object>;

function callOf(connection: grpc.Client, method: Method): unknown {
  if (method.requestStream) return (options?: StreamOptions) => duplexCall(connection, method, options);
  if (method.responseStream)
    return (request: object, options?: StreamOptions) => responseStream(connection, method, request, options);
  return (request: object, options?: UnaryOptions) => unaryCall(connection, method, request, options);
}

function unaryCall(
  connection: grpc.Client,
  { path, requestSerialize, responseDeserialize }: Method,
  request: object,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: UnaryOptions = {},
): Promise<object> {
  const { promise, resolve, reject } = Promise.withResolvers<object>();
  const call = connection.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    new grpc.Metadata(),
    { deadline: Date.now() + timeoutMs },
    (error, response) => {
      stopListening();
      if (error) reject(rpcErrorFrom(error));
      else resolve(response as object);
    },
  );
  const stopListening = cancelOn(signal, () => call.cancel());
  return promise;
}

async function* responseStream(
  connection: grpc.Client,
  { path, requestSerialize, responseDeserialize }: Method,
  request: object,
  options: StreamOptions = {},
): AsyncGenerator<object> {
  const { signal } = options;
  const call = connection.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    new grpc.Metadata(),
    deadlineOf(options),
  );
  // The loop below reports the error; this keeps one that comes after the reader has left from being unhandled.
  call.on('error', () => undefined);
  const stopListening = cancelOn(signal, () => call.cancel());
  try {
    for await (const message of call) yield message as object;
  } catch (error) {
    throw rpcErrorFrom(error);
  } finally {
    stopListening();
    call.cancel();
  }
}

function duplexCall(
  connection: grpc.Client,
  { path, requestSerialize, responseDeserialize }: Method,
  options: StreamOptions = {},
): CallDuplex {
  const { signal } = options;
  const call = connection.makeBidiStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    new grpc.Metadata(),
    deadlineOf(options),
  );
  const stopListening = cancelOn(signal, () => call.cancel());
  call.once('status', stopListening);
  return new CallDuplex(call, { abandon: () => call.cancel() });
}

function deadlineOf({ timeoutMs }: StreamOptions): grpc.CallOptions {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
}

/** Calls `cancel` at the abort; the answer ends the listening. */
function cancelOn(signal: AbortSignal | undefined, cancel: () => void): () => void {
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  return () => signal?.removeEventListener('abort', cancel);
}
