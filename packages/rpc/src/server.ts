import { once, type EventEmitter } from 'node:events';
import type { PeerCertificate } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { CallDuplex } from './call-duplex.ts';
import type { ServiceMethods } from './codec.ts';
import { rpcErrorFrom, serviceErrorFrom } from './rpc-error.ts';
import type { CallContext, Handlers, ServiceShape } from './service.ts';

export interface ServeOptions {
  credentials: grpc.ServerCredentials;
  /** Checks who calls, before each call. @throws RpcError, which the caller gets. */
  authorize?: (certificate: PeerCertificate | undefined) => void;
  /** Hears of every error that a handler threw. */
  onError?: (method: string, error: unknown) => void;
  /** Largest message that a caller may send. Defaults to 4 MiB: a VMI with its inline cloud-init fits (etcd: 1.5 MiB). */
  maxReceiveBytes?: number;
  /** Calls at a time on one connection. Defaults to 128. */
  maxConcurrentCalls?: number;
}

/** A server that listens. */
export interface RpcServer {
  /** TCP port; 0 on a Unix socket. */
  port: number;
  /** Ends listening, waits for calls under way, and after `graceMs` (default 1 s) cuts what is left. */
  close(graceMs?: number): Promise<void>;
}

/** Serves at `address` (`unix:<path>` or `host:port`). @throws Error when the address cannot be bound. */
export async function serve<S extends ServiceShape>(
  address: string,
  methods: ServiceMethods,
  handlers: Handlers<S>,
  options: ServeOptions,
): Promise<RpcServer> {
  const server = new grpc.Server({
    'grpc.max_receive_message_length': options.maxReceiveBytes ?? 4 * 1024 * 1024,
    'grpc.max_concurrent_streams': options.maxConcurrentCalls ?? 128,
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
  });
  // Channelz stays on: without it grpc-js 1.14 keeps no list of sessions, and forceShutdown would cut none.
  const untyped = handlers as unknown as Record<string, AnyHandler>;
  server.addService(
    Object.fromEntries(methods) as grpc.ServiceDefinition,
    Object.fromEntries(
      [...methods].map(([name, method]) => {
        const handler = untyped[name];
        if (handler === undefined) throw new TypeError(`no handler for ${method.path}`);
        return [name, implementationOf(method, handler.bind(handlers) as AnyHandler, options)];
      }),
    ),
  );
  const port = await bind(server, address, options.credentials);
  return { port, close: (graceMs = 1_000) => close(server, graceMs) };
}

type AnyHandler = (requestOrStream: object, context: CallContext) => unknown;
type AnyCall = grpc.ServerUnaryCall<object, object> | grpc.ServerWritableStream<object, object>;

function bind(server: grpc.Server, address: string, credentials: grpc.ServerCredentials): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync(address, credentials, (error, port) => {
    if (error) reject(new Error(`cannot listen on ${address}: ${error.message}`, { cause: error }));
    else resolve(port);
  });
  return promise;
}

async function close(server: grpc.Server, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    server.forceShutdown();
    resolve();
  }, graceMs);
  server.tryShutdown(() => resolve());
  await promise;
  clearTimeout(timer);
}

function implementationOf(
  method: grpc.MethodDefinition<object, object>,
  handler: AnyHandler,
  options: ServeOptions,
): grpc.UntypedHandleCall {
  const failed = (error: unknown) => {
    options.onError?.(method.path, error);
    return serviceErrorFrom(error);
  };
  if (method.requestStream)
    return (call: grpc.ServerDuplexStream<object, object>) => void answerDuplex(call, handler, options, failed);
  if (method.responseStream)
    return (call: grpc.ServerWritableStream<object, object>) => void answerStream(call, handler, options, failed);
  return (call: grpc.ServerUnaryCall<object, object>, done: grpc.sendUnaryData<object>) =>
    void answerUnary(call, handler, options, { done, failed });
}

async function answerUnary(
  call: grpc.ServerUnaryCall<object, object>,
  handler: AnyHandler,
  options: ServeOptions,
  answer: { done: grpc.sendUnaryData<object>; failed: (error: unknown) => Partial<grpc.StatusObject> },
): Promise<void> {
  let response: object;
  try {
    options.authorize?.(certificateOf(call));
    response = (await handler(call.request, contextOf(call))) as object;
  } catch (error) {
    return answer.done(answer.failed(error));
  }
  answer.done(null, response);
}

async function answerStream(
  call: grpc.ServerWritableStream<object, object>,
  handler: AnyHandler,
  options: ServeOptions,
  failed: (error: unknown) => object,
): Promise<void> {
  const context = contextOf(call);
  try {
    options.authorize?.(certificateOf(call));
    for await (const message of handler(call.request, context) as AsyncIterable<object>) {
      if (context.signal.aborted) break;
      if (!call.write(message)) await once(call, 'drain', { signal: context.signal });
    }
    call.end();
  } catch (error) {
    if (context.signal.aborted) call.end();
    else fail(call, failed(error));
  }
}

async function answerDuplex(
  call: grpc.ServerDuplexStream<object, object>,
  handler: AnyHandler,
  options: ServeOptions,
  failed: (error: unknown) => object,
): Promise<void> {
  const context = contextOf(call);
  // The outcome of the handler ends the call, so a stream that is destroyed has nothing to do but stop.
  const stream = new CallDuplex(call, { abandon: () => undefined });
  stream.on('error', () => undefined);
  context.signal.addEventListener('abort', () => stream.destroy(rpcErrorFrom(context.signal.reason)));
  try {
    options.authorize?.(certificateOf(call));
    await handler(stream, context);
    // An end of the handler's own still has its last messages before it; a destroyed stream ends nothing by itself.
    if (stream.destroyed) call.end();
    else if (!stream.writableEnded) stream.end();
  } catch (error) {
    if (context.signal.aborted) call.end();
    else fail(call, failed(error));
  }
}

/** grpc-js takes a status for an answer by this event. */
function fail(call: EventEmitter, status: object): void {
  call.emit('error', status);
}

function contextOf(call: AnyCall | grpc.ServerDuplexStream<object, object>): CallContext {
  const controller = new AbortController();
  (call as EventEmitter).once('cancelled', () => controller.abort(new Error('the caller ended the call')));
  return { signal: controller.signal };
}

function certificateOf(call: AnyCall | grpc.ServerDuplexStream<object, object>): PeerCertificate | undefined {
  return call.getAuthContext().sslPeerCertificate;
}
