import { createServer, type Server, type Socket } from 'node:net';
import { domainEvents, type DomainEvent, type DomainEventName, type EventPayload } from '../event-table.ts';
import { decodeFrame, encodeFrame, FrameSplitter, MessageStatus, MessageType, type Header } from '../frame.ts';
import { procedures, Program, type Args, type Procedure, type ProcedureName, type Reply } from '../procedures.ts';
import { remoteError, type DomainRef } from '../remote-types.ts';
import type { Reader, Writer } from '../xdr.ts';

/** What the fake answers to a procedure. Throw {@link FakeError} for libvirt's errors; a promise delays the reply. */
export type Handlers = { [K in ProcedureName]?: (args: Args<K>, client: FakeClient) => Reply<K> | Promise<Reply<K>> };

/** An error with libvirt's number, for handlers to throw. */
export class FakeError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** One client's side of the fake: what it asked, and ways to send it anything. */
export class FakeClient {
  readonly socket: Socket;
  /** Serial of the call that is being handled. */
  serial = 0;
  readonly received: Header[] = [];
  readonly streamBytes: Buffer[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
  }

  send(header: Header, body?: (writer: Writer) => void): void {
    this.socket.write(encodeFrame(header, body));
  }

  /** A piece of the stream that `name` opened with `serial`; without data its end. */
  sendStream(name: ProcedureName, serial: number, status: number, data?: Buffer): void {
    const { program, number } = procedures[name];
    const header = { program, procedure: number, type: MessageType.stream, serial, status };
    this.send(header, (writer) => data && writer.raw(data));
  }
}

const byNumber = new Map(
  Object.entries(procedures).map(([name, { program, number }]) => [`${program}:${number}`, name as ProcedureName]),
);

/** Opens as a session daemon without authentication does. */
const opening: Handlers = {
  authList: () => ({ types: [] }),
  connectSupportsFeature: () => ({ supported: 1 }),
  connectOpen: () => ({}),
  connectClose: () => undefined,
};

/** A scripted libvirtd on a Unix socket: the same tables, the server's side. */
export class FakeLibvirtd {
  readonly clients = new Set<FakeClient>();
  /** Names of the calls, in order, without those that open and close. */
  readonly calls: ProcedureName[] = [];
  readonly #server: Server;
  readonly #handlers: Handlers;

  private constructor(handlers: Handlers) {
    this.#handlers = { ...opening, ...handlers };
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static listen(socketPath: string, handlers: Handlers): Promise<FakeLibvirtd> {
    const fake = new FakeLibvirtd(handlers);
    return new Promise((resolve, reject) => {
      fake.#server.once('error', reject).listen(socketPath, () => resolve(fake));
    });
  }

  /** Sends an event to every client, asked for or not. */
  emit<K extends DomainEventName>(name: K, domain: DomainRef, payload: EventPayload<K>): void {
    const { number, message } = domainEvents[name] as DomainEvent;
    const header = { program: Program.remote, procedure: number, type: MessageType.message, serial: 0, status: 0 };
    for (const client of this.clients) client.send(header, (writer) => message.encode(writer, { domain, payload }));
  }

  /** Ends all connections and the server. */
  async close(): Promise<void> {
    for (const { socket } of this.clients) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    const client = new FakeClient(socket);
    const splitter = new FrameSplitter();
    this.clients.add(client);
    socket.on('close', () => this.clients.delete(client));
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      for (const frame of splitter.push(chunk)) {
        const { header, body } = decodeFrame(frame);
        client.received.push(header);
        if (header.type === MessageType.call) void this.#answer(client, header, body);
        if (header.type === MessageType.stream) client.streamBytes.push(Buffer.from(body.rest()));
      }
    });
  }

  async #answer(client: FakeClient, call: Header, body: Reader): Promise<void> {
    const header = { ...call, type: MessageType.reply, status: MessageStatus.ok };
    const name = byNumber.get(`${call.program}:${call.procedure}`);
    try {
      if (!name) throw new FakeError(39, `unknown procedure: ${call.procedure}`);
      if (!(name in opening)) this.calls.push(name);
      client.serial = call.serial;
      const procedure = procedures[name] as Procedure;
      const handler = this.#handlers[name] as ((args: unknown, client: FakeClient) => unknown) | undefined;
      if (!handler) throw new FakeError(3, `the fake has no handler for ${name}`);
      const reply = await handler(procedure.args.decode(body), client);
      client.send(header, (writer) => procedure.reply.encode(writer, reply));
    } catch (error) {
      const code = error instanceof FakeError ? error.code : 1;
      const message = error instanceof Error ? error.message : String(error);
      const none = { dom: null, str1: null, str2: null, str3: null, net: null, int1: 0, int2: 0 };
      client.send({ ...header, status: MessageStatus.error }, (writer) =>
        remoteError.encode(writer, { code, domain: 0, message, level: 2, ...none }),
      );
    }
  }
}
