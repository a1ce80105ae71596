import { createConnection, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { SerialLog } from './serial-log.ts';

/** What the guest wrote while nobody watched: the newest so many bytes are kept for the next session. */
const BACKLOG_BYTES = 64 * 1024;
/** What of it is kept, watched or not, for the launcher's exit record. */
const LAST_WORDS_BYTES = 2 * 1024;

/** A newer session took the console. */
export class ConsoleTakenOver extends Error {
  override readonly name = 'ConsoleTakenOver';
}

/** There is no serial port to talk to: the guest has none, does not run yet, or has ended. */
export class ConsoleUnavailable extends Error {
  override readonly name = 'ConsoleUnavailable';
}

/**
 * The guest's first serial port, over QEMU's own Unix socket. The launcher holds that one connection from before the
 * guest's first instruction until its end, so nothing is lost before or between sessions, and the log of what the guest
 * prints is written here, within bounds: QEMU's own has none.
 *
 * One session has the port; a newer one takes it. A session first gets what the guest wrote since the last one ended
 * (64 KiB at most). A slow session slows the guest's port down, as a slow terminal does; without a session the port
 * never waits.
 */
export class SerialConsole {
  #socket: Socket | undefined;
  #session: Session | undefined;
  #log: SerialLog | undefined;
  readonly #onLogError: (error: unknown) => void;
  readonly #backlog: Buffer[] = [];
  #backlogBytes = 0;
  #lastWords = Buffer.alloc(0);

  constructor(onLogError: (error: unknown) => void) {
    this.#onLogError = onLogError;
  }

  /**
   * Connects to QEMU; once a domain.
   * @param logPath where all that the guest prints is kept, too.
   * @throws ConsoleUnavailable when QEMU does not listen there.
   */
  async connect(socketPath: string, logPath?: string): Promise<void> {
    if (this.#socket) return;
    const socket = await new Promise<Socket>((resolve, reject) => {
      const connecting = createConnection({ path: socketPath }, () => resolve(connecting));
      connecting.once('error', (cause) =>
        reject(new ConsoleUnavailable(`QEMU's serial port at ${socketPath} cannot be reached`, { cause })),
      );
    });
    this.#socket = socket;
    this.#openLog(logPath);
    socket.removeAllListeners('error').on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#fromGuest(chunk));
    socket.on('close', () => {
      this.#socket = undefined;
      this.#session?.push(null);
      this.#closeLog();
    });
  }

  /**
   * Opens a session. It ends with the guest; it is destroyed with {@link ConsoleTakenOver} when a newer one is opened.
   * @throws ConsoleUnavailable when no port is connected.
   */
  open(): Duplex {
    const socket = this.#socket;
    if (!socket)
      throw new ConsoleUnavailable('the guest has no serial port that is open: it does not run, or has none');
    this.#session?.destroy(new ConsoleTakenOver('a newer console session took over'));
    const session = new Session(socket, () => {
      if (this.#session !== session) return;
      this.#session = undefined;
      socket.resume();
    });
    this.#session = session;
    for (const chunk of this.#backlog) session.push(chunk);
    this.#backlog.length = 0;
    this.#backlogBytes = 0;
    return session;
  }

  /** The last lines that the guest printed, oldest first; the first may be cut. */
  get lastLines(): string[] {
    const lines = this.#lastWords.toString('utf8').split(/\r\n|\n|\r/);
    return lines.filter((line) => line.trim() !== '');
  }

  #fromGuest(chunk: Buffer): void {
    this.#lastWords = Buffer.concat([this.#lastWords, chunk.subarray(-LAST_WORDS_BYTES)]).subarray(-LAST_WORDS_BYTES);
    this.#writeLog(chunk);
    if (!this.#session) this.#keep(chunk);
    else if (!this.#session.push(chunk)) this.#socket?.pause();
  }

  #openLog(path: string | undefined): void {
    if (path === undefined) return;
    try {
      this.#log = new SerialLog(path);
    } catch (error) {
      this.#onLogError(error);
    }
  }

  /** A log that cannot be written is given up: the console goes on without it. */
  #writeLog(chunk: Buffer): void {
    try {
      this.#log?.append(chunk);
    } catch (error) {
      this.#onLogError(error);
      this.#closeLog();
    }
  }

  #closeLog(): void {
    this.#log?.close();
    this.#log = undefined;
  }

  #keep(chunk: Buffer): void {
    // Copied: a small piece must not hold the socket's whole read buffer.
    this.#backlog.push(Buffer.from(chunk.subarray(-BACKLOG_BYTES)));
    this.#backlogBytes += Math.min(chunk.length, BACKLOG_BYTES);
    while (this.#backlogBytes > BACKLOG_BYTES) {
      const excess = this.#backlogBytes - BACKLOG_BYTES;
      const oldest = this.#backlog[0]!;
      if (oldest.length <= excess) this.#backlog.shift();
      else this.#backlog[0] = oldest.subarray(excess);
      this.#backlogBytes -= Math.min(oldest.length, excess);
    }
  }
}

/** One client's side of the port. */
class Session extends Duplex {
  readonly #guest: Socket;
  readonly #onGone: () => void;

  constructor(guest: Socket, onGone: () => void) {
    super();
    this.#guest = guest;
    this.#onGone = onGone;
  }

  override _read(): void {
    this.#guest.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#guest.write(chunk, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#onGone();
    done(error);
  }
}
