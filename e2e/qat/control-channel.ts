import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { eventually } from '@quickvirt/testing';

/** How a command in the machine ended. */
export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A guest as seen from below. */
export interface GuestViews {
  domainXml: string;
  /** QEMU's answer to `query-pci`. */
  queryPci: unknown;
  /** What SeaBIOS wrote to its debug port. */
  firmwareLog: string;
  /** Device ids by resource name that the kubelet gave to the pod and to those that hold devices for it. */
  allocated: Record<string, string[]>;
}

/** What the host asks of the machine's node agent, one JSON object a line, and what it answers. */
export interface Calls {
  /** Answers once the agent is up. */
  hello: { ask: Record<string, never>; answer: { release: string } };
  /** Runs a program as root in the machine. */
  execute: { ask: { command: string[]; timeoutMs: number }; answer: CommandResult };
  /** What a launcher pod's libvirt and QEMU say of its guest, and what the guest's firmware said. */
  guest: { ask: { podUid: string; domain: string; attachPodUids: string[] }; answer: GuestViews };
  /** virt-handler's metrics. */
  metrics: { ask: Record<string, never>; answer: { text: string } };
  /** (Re)starts virt-handler and answers when it is ready. */
  startHandler: { ask: { args: string[]; timeoutMs: number }; answer: { readyMs: number } };
  /** Ends virt-handler with a signal, if it runs. */
  stopHandler: { ask: { signal: 'SIGTERM' | 'SIGKILL' }; answer: Record<string, never> };
}

interface Waiting {
  resolve: (answer: unknown) => void;
  reject: (error: Error) => void;
}

/** The host's end of the channel to the node agent. */
export class ControlChannel {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', (error) => this.#end(error));
    socket.once('close', () => this.#end(new Error('the nested machine has ended')));
    const lines = createInterface({ input: socket });
    // It repeats its input's errors.
    lines.on('error', (error: Error) => this.#end(error));
    lines.on('line', (line) => this.#answered(line));
  }

  /** Connects as soon as QEMU listens. */
  static async connect(path: string): Promise<ControlChannel> {
    const socket = await eventually(async () => {
      const candidate = connect(path);
      await once(candidate, 'connect');
      return candidate;
    });
    return new ControlChannel(socket);
  }

  /** @throws Error with the agent's words, or when nothing was answered in time. */
  async call<Name extends keyof Calls>(
    name: Name,
    ask: Calls[Name]['ask'],
    timeoutMs: number,
  ): Promise<Calls[Name]['answer']> {
    if (this.#ended) throw this.#ended;
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(
      () => reject(new Error(`the node agent did not answer ${name} within ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    this.#waiting.set(id, { resolve, reject });
    this.#socket.write(`${JSON.stringify({ id, name, ask })}\n`);
    try {
      return (await promise) as Calls[Name]['answer'];
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #answered(line: string): void {
    const { id, answer, error } = JSON.parse(line) as { id: number; answer?: unknown; error?: string };
    const waiting = this.#waiting.get(id);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(`node agent: ${error}`));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
  }
}
