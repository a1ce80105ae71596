import { Duplex } from 'node:stream';
import type { ProcedureName } from './procedures.ts';
import type { RpcChannel, StreamReceiver } from './rpc.ts';

/** Largest piece of one stream message (`VIR_NET_MESSAGE_PAYLOAD_MAX` of older daemons, less the header's words). */
const MAX_CHUNK_BYTES = 262_120;

/**
 * A `virStream` as a Duplex: console, screenshot. It owns its connection, so that a slow reader pauses the socket and
 * nothing else; destroying it closes that connection, upon which the daemon drops the stream.
 */
export class LibvirtStream extends Duplex implements StreamReceiver {
  readonly #channel: RpcChannel;
  readonly #procedure: ProcedureName;
  readonly #serial: number;
  #finishSent = false;
  #onFinished: (() => void) | undefined;

  constructor(channel: RpcChannel, procedure: ProcedureName, serial: number) {
    super();
    this.#channel = channel;
    this.#procedure = procedure;
    this.#serial = serial;
  }

  data(chunk: Buffer): void {
    if (!this.push(chunk)) this.#channel.pause();
  }

  finished(error?: Error): void {
    if (error) {
      this.destroy(error);
      return;
    }
    this.push(null);
    this.#onFinished?.();
    if (!this.#finishSent) this.end();
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const piece = chunk.subarray(0, MAX_CHUNK_BYTES);
    const rest = chunk.subarray(MAX_CHUNK_BYTES);
    this.#channel.sendStream(this.#procedure, this.#serial, piece, () =>
      rest.length > 0 ? this._write(rest, _encoding, done) : done(),
    );
  }

  /** Tells the daemon that no more comes, and waits for its answer: then all that was written has arrived. */
  override _final(done: () => void): void {
    this.#finishSent = true;
    this.#onFinished = done;
    this.#channel.sendStream(this.#procedure, this.#serial, undefined, () => {});
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#channel.close();
    done(error);
  }
}
