import { EventEmitter, once } from 'node:events';
import {
  registerDevicePlugin,
  serveDevicePlugin,
  type ContainerAllocateResponse,
  type Device,
  type Init,
  type RpcServer,
} from '@quickvirt/rpc';
import type { Logger } from '@quickvirt/telemetry';

/** One device as the kubelet is told of it. */
export interface OfferedDevice {
  /** At most 63 characters. */
  readonly id: string;
  readonly healthy: boolean;
  /** NUMA node it is near; undefined when the platform does not say, or it is near to all. */
  readonly numaNode?: number;
}

/** What the kubelet asks before it chooses. */
export interface PreferenceRequest {
  readonly available: readonly string[];
  readonly mustInclude: readonly string[];
  readonly size: number;
}

export interface DevicePluginOptions {
  /** For example `devices.kubevirt.io/kvm`. */
  resourceName: string;
  /** The kubelet's directory for plugins and its own socket. */
  pluginDirectory: string;
  /** File name of this plugin's socket there. */
  endpoint: string;
  /** What is offered now. */
  devices: () => readonly OfferedDevice[];
  /** What one container gets for the devices that the kubelet chose. @throws RpcError when it cannot have them. */
  allocate: (ids: readonly string[]) => Promise<Init<ContainerAllocateResponse>>;
  /** Which devices the kubelet should choose; left out when one is as good as another. */
  prefer?: (request: PreferenceRequest) => readonly string[];
  logger: Logger;
}

/** One resource that is offered to the kubelet, over a socket of its own. */
export class DevicePlugin {
  readonly #options: DevicePluginOptions;
  readonly #events = new EventEmitter().setMaxListeners(0);
  #server: RpcServer | undefined;
  /** Whether the kubelet is to hear of no change: another plugin has the name, and the kubelet takes any list for it. */
  isSilent = false;

  constructor(options: DevicePluginOptions) {
    this.#options = options;
  }

  get resourceName(): string {
    return this.#options.resourceName;
  }

  get endpoint(): string {
    return this.#options.endpoint;
  }

  get socketPath(): string {
    return `${this.#options.pluginDirectory}/${this.#options.endpoint}`;
  }

  /** Tells the kubelet what is offered now. */
  changed(): void {
    if (this.isSilent) return;
    this.#events.emit('change');
  }

  /** Calls back when the kubelet leaves although the plugin serves on: it restarts, or listens to another. */
  onUnwatched(listener: () => void): void {
    this.#events.on('unwatched', listener);
  }

  /** Serves anew and registers: at the start, and whenever the kubelet did, for it forgets and removes sockets. */
  async register(signal: AbortSignal): Promise<void> {
    const { pluginDirectory, endpoint, resourceName, prefer, logger } = this.#options;
    await this.close();
    this.#server = await serveDevicePlugin(
      this.socketPath,
      {
        listAndWatch: (_request, { signal: gone }) => this.#lists(gone),
        allocate: async ({ containerRequests }) => ({
          containerResponses: await Promise.all(
            containerRequests.map(({ devicesIds }) => this.#options.allocate(devicesIds)),
          ),
        }),
        ...(prefer && {
          getPreferredAllocation: async ({ containerRequests }) => ({
            containerResponses: containerRequests.map(
              ({ availableDeviceIDs, mustIncludeDeviceIDs, allocationSize }) => ({
                deviceIDs: [
                  ...prefer({ available: availableDeviceIDs, mustInclude: mustIncludeDeviceIDs, size: allocationSize }),
                ],
              }),
            ),
          }),
        }),
      },
      { onError: (method, error) => logger.warn('a call of the kubelet failed', { resourceName, method, error }) },
    );
    await registerDevicePlugin({
      kubeletSocketPath: `${pluginDirectory}/kubelet.sock`,
      endpoint,
      resourceName,
      prefersAllocations: prefer !== undefined,
      signal,
    });
    logger.info('offered to the kubelet', { resourceName, count: this.#options.devices().length });
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close(0);
  }

  async *#lists(gone: AbortSignal) {
    const server = this.#server;
    try {
      while (!gone.aborted) {
        const changed = once(this.#events, 'change', { signal: gone });
        // Told below; a caller that leaves meanwhile is no error.
        changed.catch(() => undefined);
        yield { devices: this.#options.devices().map(listed) };
        await changed;
      }
    } finally {
      if (server === this.#server) this.#events.emit('unwatched');
    }
  }
}

function listed({ id, healthy, numaNode }: OfferedDevice): Init<Device> {
  return {
    ID: id,
    health: healthy ? 'Healthy' : 'Unhealthy',
    ...(numaNode !== undefined && { topology: { nodes: [{ ID: numaNode }] } }),
  };
}
