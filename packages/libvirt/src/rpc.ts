import { createConnection, type Socket } from 'node:net';
import { LibvirtConnectionError, LibvirtError } from './errors.ts';
import { decodeFrame, encodeFrame, FrameSplitter, MessageStatus, MessageType, type Header } from './frame.ts';
import { PendingCall, type CallOptions } from './pending-call.ts';
import { procedures, Program, type Args, type Procedure, type ProcedureName, type Reply } from './procedures.ts';
import { remoteError } from './remote-types.ts';
import type { Reader } from './xdr.ts';

/** Limits of a channel. */
export interface ChannelOptions {
  /**
   * Calls that the daemon is given at once; further ones wait here, in order. The daemon stops reading a connection at
   * its own `max_client_requests` (5 by default), and then neither a destroy nor a keepalive gets through.
   */
  maxInFlight: number;
  callTimeoutMs: number;
}

/** Where one stream's messages go. */
export interface StreamReceiver {
  data(chunk: Buffer): void;
  /** The daemon will send no more; `error` says why when it failed. */
  finished(error?: Error): void;
}

interface SentCall {
  pending: PendingCall;
  name: ProcedureName;
  procedure: Procedure;
}

/** `VIR_KEEPALIVE_PROC_*`: sent as messages, not calls. */
const Keepalive = { ping: 1, pong: 2 } as const;

/**
 * One socket to the daemon and the messages on it: calls and replies by serial number, events, keepalive, streams.
 * Whatever the daemon sends, each call's promise settles exactly once; a message that cannot be understood ends the
 * channel.
 */
export class RpcChannel {
  /** Settles when the channel is gone, with the reason. Never rejects. */
  readonly closed: Promise<LibvirtConnectionError>;
  /** Takes the messages that answer no call: events. Throwing ends the channel. */
  onMessage: (procedureNumber: number, body: Reader) => void = () => {};
  readonly #socket: Socket;
  readonly #options: ChannelOptions;
  readonly #splitter = new FrameSplitter();
  /** Given to the daemon and not answered by it, abandoned ones included: the daemon still counts them. */
  readonly #sent = new Map<number, SentCall>();
  readonly #waiting: { call: SentCall; serial: number; frame: Buffer }[] = [];
  readonly #streams = new Map<number, StreamReceiver>();
  #serial = 0;
  #closeReason: LibvirtConnectionError | undefined;
  #resolveClosed!: (reason: LibvirtConnectionError) => void;
  #keepaliveTimer: NodeJS.Timeout | undefined;
  #unansweredPings = 0;

  private constructor(socket: Socket, options: ChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (cause) =>
      this.#fail(new LibvirtConnectionError(`connection to libvirt failed: ${cause.message}`, { cause })),
    );
    socket.on('close', () => this.#fail(new LibvirtConnectionError('libvirt closed the connection')));
  }

  /** @throws LibvirtConnectionError when nobody listens at the path. */
  static connect(socketPath: string, options: ChannelOptions): Promise<RpcChannel> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ path: socketPath });
      const onError = (cause: Error): void =>
        reject(new LibvirtConnectionError(`no libvirt daemon answers at ${socketPath}: ${cause.message}`, { cause }));
      socket.once('error', onError);
      socket.once('connect', () => {
        socket.off('error', onError);
        resolve(new RpcChannel(socket, options));
      });
    });
  }

  /**
   * Calls a procedure.
   * @throws LibvirtError the daemon's error. @throws LibvirtCallAbandonedError after time-out or abort.
   * @throws LibvirtConnectionError when the channel is gone or ends meanwhile.
   */
  async call<K extends ProcedureName>(name: K, args: Args<K>, options: CallOptions = {}): Promise<Reply<K>> {
    return (await this.#enqueue(name, args, options).promise) as Reply<K>;
  }

  /** As {@link call}; data that follows the reply goes to the receiver, which is known before the first byte can come. */
  async callWithStream<K extends ProcedureName>(
    name: K,
    args: Args<K>,
    makeReceiver: (serial: number) => StreamReceiver,
    options: CallOptions = {},
  ): Promise<Reply<K>> {
    const { promise, serial } = this.#enqueue(name, args, options);
    this.#streams.set(serial, makeReceiver(serial));
    try {
      return (await promise) as Reply<K>;
    } catch (error) {
      this.#streams.delete(serial);
      throw error;
    }
  }

  /** Sends one message of a stream; `done` is called once the socket took it. Without data it finishes the stream. */
  sendStream(name: ProcedureName, serial: number, data: Buffer | undefined, done: () => void): void {
    const { program, number } = procedures[name];
    const status = data === undefined ? MessageStatus.ok : MessageStatus.continue;
    const header = { program, procedure: number, type: MessageType.stream, serial, status };
    const frame = encodeFrame(header, (writer) => data && writer.raw(data));
    this.#socket.write(frame, done);
  }

  /** Stops reading the socket. Only for channels without keepalive: the daemon drops a client that answers no ping. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Pings the daemon each interval; `count` silent intervals in a row end the channel. */
  startKeepalive({ intervalMs, count }: { intervalMs: number; count: number }): void {
    this.#keepaliveTimer = setInterval(() => {
      if (this.#unansweredPings >= count) {
        this.#fail(
          new LibvirtConnectionError(`libvirt did not answer ${count} keepalive pings, ${intervalMs} ms apart`),
        );
        return;
      }
      this.#unansweredPings++;
      this.#sendKeepalive(Keepalive.ping);
    }, intervalMs);
    this.#keepaliveTimer.unref();
  }

  /** Ends the channel at once; calls under way are rejected. */
  close(): void {
    this.#fail(new LibvirtConnectionError('the connection to libvirt was closed by us'));
  }

  #enqueue(name: ProcedureName, args: unknown, options: CallOptions): { promise: Promise<unknown>; serial: number } {
    if (this.#closeReason) return { promise: Promise.reject(this.#closeReason), serial: -1 };
    this.#serial = (this.#serial + 1) >>> 0;
    const serial = this.#serial;
    const procedure = procedures[name] as Procedure;
    const header = {
      program: procedure.program,
      procedure: procedure.number,
      type: MessageType.call,
      serial,
      status: MessageStatus.ok,
    };
    // Encoded before anything is kept: an argument that has no encoding fails this call alone.
    const frame = encodeFrame(header, (writer) => procedure.args.encode(writer, args));
    const pending = new PendingCall(name, { timeoutMs: this.#options.callTimeoutMs, ...options });
    this.#waiting.push({ call: { pending, name, procedure }, serial, frame });
    this.#sendWaiting();
    return { promise: pending.promise, serial };
  }

  #sendWaiting(): void {
    while (this.#sent.size < this.#options.maxInFlight) {
      const next = this.#waiting.shift();
      if (!next) return;
      if (next.call.pending.settled) continue;
      this.#sent.set(next.serial, next.call);
      this.#socket.write(next.frame);
    }
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#splitter.push(chunk)) {
        if (this.#closeReason) return;
        const { header, body } = decodeFrame(frame);
        this.#unansweredPings = 0;
        this.#dispatch(header, body);
      }
    } catch (cause) {
      this.#fail(new LibvirtConnectionError('libvirt sent a message that cannot be understood', { cause }));
    }
  }

  #dispatch(header: Header, body: Reader): void {
    switch (header.type) {
      case MessageType.reply:
        return this.#onReply(header, body);
      case MessageType.stream:
        return this.#onStream(header, body);
      case MessageType.message:
        if (header.program !== Program.keepalive) return this.onMessage(header.procedure, body);
        if (header.procedure === Keepalive.ping) this.#sendKeepalive(Keepalive.pong);
        return;
      default:
        throw new RangeError(`message of unexpected type ${header.type}`);
    }
  }

  #onReply(header: Header, body: Reader): void {
    const call = this.#sent.get(header.serial);
    if (!call) return;
    const { pending, name, procedure } = call;
    if (header.program !== procedure.program || header.procedure !== procedure.number) {
      throw new RangeError(`reply ${header.serial} is for procedure ${header.procedure}, ${name} was called`);
    }
    // Taken out only when decoded: if decoding throws, #fail rejects this call with all others.
    if (header.status === MessageStatus.error) {
      const error = decodeError(body, name);
      this.#sent.delete(header.serial);
      pending.reject(error);
    } else {
      const reply = procedure.reply.decode(body);
      this.#sent.delete(header.serial);
      pending.resolve(reply);
    }
    this.#sendWaiting();
  }

  #onStream(header: Header, body: Reader): void {
    const receiver = this.#streams.get(header.serial);
    if (!receiver) return;
    if (header.status === MessageStatus.continue && body.bytesLeft > 0) return receiver.data(body.rest());
    if (header.status === MessageStatus.error) {
      this.#streams.delete(header.serial);
      return receiver.finished(decodeError(body, 'stream'));
    }
    // An empty CONTINUE is the end of the data, an OK the answer to our own end.
    if (header.status === MessageStatus.ok) this.#streams.delete(header.serial);
    receiver.finished();
  }

  #sendKeepalive(procedure: number): void {
    const header = { program: Program.keepalive, procedure, type: MessageType.message, serial: 0, status: 0 };
    this.#socket.write(encodeFrame(header));
  }

  #fail(reason: LibvirtConnectionError): void {
    if (this.#closeReason) return;
    this.#closeReason = reason;
    clearInterval(this.#keepaliveTimer);
    this.#socket.destroy();
    const unanswered = [...this.#sent.values(), ...this.#waiting.map(({ call }) => call)];
    this.#sent.clear();
    this.#waiting.length = 0;
    for (const { pending } of unanswered) pending.reject(reason);
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    for (const stream of streams) stream.finished(reason);
    this.#resolveClosed(reason);
  }
}

function decodeError(body: Reader, procedure: string): LibvirtError {
  const { message, ...details } = remoteError.decode(body);
  return new LibvirtError(message ?? 'libvirt gave no message', procedure, details);
}
