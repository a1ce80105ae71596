import { LibvirtConnectionError } from './errors.ts';
import type { DomainEventName } from './event-table.ts';
import type { CallOptions } from './pending-call.ts';
import type { Args, ProcedureName, Reply } from './procedures.ts';
import { RpcChannel } from './rpc.ts';
import { LibvirtStream } from './stream.ts';
import { Subscriptions, type EventListener, type Subscription } from './subscriptions.ts';

/** How to reach a daemon. */
export interface ConnectionOptions {
  /** The daemon's Unix socket, for example `$XDG_RUNTIME_DIR/libvirt/libvirt-sock`. */
  socketPath: string;
  /** Driver URI, for example `qemu:///session`. */
  uri: string;
  /** Pings; false for connections that are paused at times. Defaults to 5 s, 3 times. */
  keepalive?: { intervalMs: number; count: number } | false;
  /** Calls given to the daemon at once; keep it below its `max_client_requests`. Defaults to 4, as that defaults to 5. */
  maxInFlight?: number;
  /** Defaults to 60 s: a define in a throttled pod takes seconds. */
  callTimeoutMs?: number;
  /** Gives opening up. */
  signal?: AbortSignal;
}

/** `VIR_DRV_FEATURE_PROGRAM_KEEPALIVE`: asking for it switches the daemon's own pings on. */
const KEEPALIVE_FEATURE = 10;
/** `REMOTE_AUTH_NONE`. */
const AUTH_NONE = 0;

/** An open connection: calls by name, events, streams. */
export class Connection implements AsyncDisposable {
  readonly #channel: RpcChannel;
  readonly #options: ConnectionOptions;
  readonly #subscriptions: Subscriptions;

  private constructor(channel: RpcChannel, options: ConnectionOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#subscriptions = new Subscriptions(channel);
  }

  /**
   * Connects, checks that the daemon asks for no authentication, opens the driver.
   * @throws LibvirtConnectionError when no daemon answers or it wants authentication. @throws LibvirtError from the driver.
   */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const { maxInFlight = 4, callTimeoutMs = 60_000, keepalive = { intervalMs: 5_000, count: 3 }, signal } = options;
    const channel = await RpcChannel.connect(options.socketPath, { maxInFlight, callTimeoutMs });
    try {
      const { types } = await channel.call('authList', {}, { signal });
      if (types.length > 0 && !types.includes(AUTH_NONE)) {
        throw new LibvirtConnectionError(
          `libvirt at ${options.socketPath} wants authentication (types ${types.join(', ')}): set auth_unix_rw = "none"`,
        );
      }
      if (keepalive) {
        const { supported } = await channel.call('connectSupportsFeature', { feature: KEEPALIVE_FEATURE }, { signal });
        if (supported === 1) channel.startKeepalive(keepalive);
      }
      await channel.call('connectOpen', { name: options.uri, flags: 0 }, { signal });
    } catch (error) {
      channel.close();
      throw error;
    }
    return new Connection(channel, options);
  }

  /** Settles when the connection is gone, with the reason. Never rejects. */
  get closed(): Promise<LibvirtConnectionError> {
    return this.#channel.closed;
  }

  /**
   * Calls a procedure of the table.
   * @throws LibvirtError the daemon's error. @throws LibvirtCallAbandonedError after time-out or abort.
   * @throws LibvirtConnectionError when the connection is gone or ends meanwhile.
   */
  call<K extends ProcedureName>(name: K, args: Args<K>, options?: CallOptions): Promise<Reply<K>> {
    return this.#channel.call(name, args, options);
  }

  /** Hears an event of all domains. */
  subscribe<K extends DomainEventName>(name: K, listener: EventListener<K>): Promise<Subscription> {
    return this.#subscriptions.add(name, listener);
  }

  /**
   * Calls a procedure that opens a stream, on a connection of the stream's own: it has no keepalive, so a reader may
   * pause for as long as it likes (a paused connection with keepalive is dropped by the daemon, and its data lost).
   */
  async openStream<K extends ProcedureName>(
    name: K,
    args: Args<K>,
    options: CallOptions = {},
  ): Promise<{ reply: Reply<K>; stream: LibvirtStream }> {
    const own = await Connection.open({ ...this.#options, keepalive: false, signal: options.signal });
    let stream: LibvirtStream | undefined;
    try {
      const makeStream = (serial: number): LibvirtStream => (stream = new LibvirtStream(own.#channel, name, serial));
      const reply = await own.#channel.callWithStream(name, args, makeStream, options);
      return { reply, stream: stream! };
    } catch (error) {
      // The caller never sees this stream: its own complaint about the closing must not go unheard.
      stream?.on('error', () => {}).destroy();
      own.#channel.close();
      throw error;
    }
  }

  /** Says goodbye to the daemon if it listens, and ends the connection. */
  async close(): Promise<void> {
    try {
      await this.#channel.call('connectClose', undefined, { timeoutMs: 1_000 });
    } catch {
      // The daemon is gone or stuck: the socket's end tells it all the same.
    } finally {
      this.#channel.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
