import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP proxy that breaks all connections when told, TLS or not: the network at its worst. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(target: URL) {
    this.#server = createServer((inward) => {
      const outward = connect(Number(target.port), target.hostname);
      for (const socket of [inward, outward]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.#sockets.delete(socket);
          inward.destroy();
          outward.destroy();
        });
      }
      inward.pipe(outward).pipe(inward);
    });
  }

  async listen(): Promise<URL> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return new URL(`https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Breaks everything; answers how many connections that were. */
  cut(): number {
    const { connections } = this;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    return connections;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
