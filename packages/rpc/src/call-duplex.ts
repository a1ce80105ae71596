import { Duplex } from 'node:stream';
import type { ClientDuplexStream, ServerDuplexStream } from '@grpc/grpc-js';
import { rpcErrorFrom } from './rpc-error.ts';

/** Messages that wait on each side before the peer is made to wait. */
const HIGH_WATER_MARK_MESSAGES = 16;

/**
 * A gRPC call as a plain Duplex of messages: flow control of HTTP/2 becomes Node's back-pressure, half-close stays half,
 * and errors are RpcErrors.
 */
export class CallDuplex extends Duplex {
  readonly #call: ClientDuplexStream<object, object> | ServerDuplexStream<object, object>;
  readonly #abandon: () => void;

  /** @param abandon ends the call early; called when the stream is destroyed before its end. */
  constructor(
    call: ClientDuplexStream<object, object> | ServerDuplexStream<object, object>,
    options: { abandon: () => void },
  ) {
    super({ objectMode: true, highWaterMark: HIGH_WATER_MARK_MESSAGES });
    this.#call = call;
    this.#abandon = options.abandon;
    call.on('data', (message: object) => {
      if (!this.push(message)) call.pause();
    });
    call.on('end', () => this.push(null));
    call.on('error', (error: Error) => this.destroy(rpcErrorFrom(error)));
    call.pause();
  }

  /** Leaving a loop ends the reading alone: what is written still goes out. */
  override [Symbol.asyncIterator](): NodeJS.AsyncIterator<object> {
    return this.iterator({ destroyOnReturn: false });
  }

  override _read(): void {
    this.#call.resume();
  }

  override _write(message: object, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#call.write(message, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#call.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (error !== null || !this.readableEnded || !this.writableFinished) this.#abandon();
    callback(error);
  }
}
