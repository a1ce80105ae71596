import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dialDevicePlugin, serveRegistration, type RpcServer } from '@quickvirt/rpc';

/** The kubelet's side of device plugins, over real sockets: hears registrations, and asks as the kubelet does. */
export class FakeKubelet {
  readonly registrations: { resourceName: string; endpoint: string; version: string }[] = [];
  /** The directory of its socket and the plugins'. */
  readonly directory: string;
  #server: RpcServer | undefined;
  #waiting: (() => void)[] = [];

  constructor(directory: string) {
    this.directory = directory;
  }

  async start(): Promise<void> {
    this.#server = await serveRegistration(join(this.directory, 'kubelet.sock'), {
      register: async ({ resourceName, endpoint, version }) => {
        this.registrations.push({ resourceName, endpoint, version });
        for (const wake of this.#waiting.splice(0)) wake();
        return {};
      },
    });
  }

  /** Ends as a kubelet that restarts: its socket and all plugins' are gone. */
  async stop(): Promise<void> {
    await this.#server?.close(0);
    const endpoints = this.registrations.map(({ endpoint }) => endpoint);
    for (const file of ['kubelet.sock', ...endpoints]) await rm(join(this.directory, file), { force: true });
  }

  /** Resolves once so many registrations came. */
  async registered(count: number): Promise<void> {
    while (this.registrations.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  plugin(endpoint: string) {
    return dialDevicePlugin(join(this.directory, endpoint));
  }
}
