import { once } from 'node:events';
import { EventEmitter } from 'node:events';
import {
  registerDevicePlugin,
  serveDevicePlugin,
  type AllocateResponse,
  type Init,
  type RpcServer,
} from '@quickvirt/rpc';
import type { Logger } from '@quickvirt/telemetry';

export interface DevicePluginOptions {
  /** For example `devices.kubevirt.io/kvm`. */
  resourceName: string;
  /** The kubelet's directory for plugins and its own socket. */
  pluginDirectory: string;
  /** File name of this plugin's socket there. */
  endpoint: string;
  /** How many are offered. */
  count: number;
  /** What one container of one allocation gets. */
  allocate: () => Promise<Init<AllocateResponse>['containerResponses'] extends (infer One)[] | undefined ? One : never>;
  logger: Logger;
}

/** One resource that is offered to the kubelet: all its devices are there, or none is. */
export class DevicePlugin {
  readonly #options: DevicePluginOptions;
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #server: RpcServer | undefined;
  #healthy = true;

  constructor(options: DevicePluginOptions) {
    this.#options = options;
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  /** Tells the kubelet at once when it differs. */
  set healthy(healthy: boolean) {
    if (healthy === this.#healthy) return;
    this.#healthy = healthy;
    this.#changes.emit('change');
  }

  /** Serves anew and registers: at the start, and whenever the kubelet did, for it forgets and removes sockets. */
  async register(signal: AbortSignal): Promise<void> {
    const { pluginDirectory, endpoint, resourceName, logger } = this.#options;
    await this.close();
    this.#server = await serveDevicePlugin(
      `${pluginDirectory}/${endpoint}`,
      {
        listAndWatch: (_request, { signal: gone }) => this.#lists(gone),
        allocate: async ({ containerRequests }) => ({
          containerResponses: await Promise.all(containerRequests.map(() => this.#options.allocate())),
        }),
      },
      { onError: (method, error) => logger.warn('a call of the kubelet failed', { resourceName, method, error }) },
    );
    await registerDevicePlugin({
      kubeletSocketPath: `${pluginDirectory}/kubelet.sock`,
      endpoint,
      resourceName,
      signal,
    });
    logger.info('offered to the kubelet', { resourceName, count: this.#options.count });
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close(0);
  }

  async *#lists(gone: AbortSignal) {
    while (!gone.aborted) {
      const health = this.#healthy ? 'Healthy' : 'Unhealthy';
      const changed = once(this.#changes, 'change', { signal: gone });
      // Told below; a caller that leaves meanwhile is no error.
      changed.catch(() => undefined);
      yield { devices: Array.from({ length: this.#options.count }, (_, index) => this.#device(index, health)) };
      await changed;
    }
  }

  #device(index: number, health: string) {
    return { ID: `${this.#options.resourceName.split('/')[1]}${index}`, health };
  }
}
