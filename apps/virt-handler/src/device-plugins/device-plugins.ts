import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DirectoryWatch, writeAtomically } from '@quickvirt/host';
import { systemClock, type Clock } from '@quickvirt/kube';
import { cdiDeviceName, cdiFileName, cdiSpec, type DeviceAccess, type DeviceNodeFacts } from '@quickvirt/node-plan';
import type { Logger, Metrics } from '@quickvirt/telemetry';
import { DevicePlugin } from './device-plugin.ts';
import { deviceFacts, NODE_DEVICES, type NodeDevice } from './node-device.ts';

export interface DevicePluginsOptions {
  kubeletDirectory: string;
  deviceDirectory: string;
  cdiDirectory: string;
  /** How many of each are offered. */
  count: number;
  access: DeviceAccess;
  logger: Logger;
  metrics: Metrics;
  clock?: Clock;
  devices?: readonly NodeDevice[];
}

const KUBELET_SOCKET = 'kubelet.sock';
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 10_000;

/** A device and what is offered of it; nothing is while it has never been there. */
interface Offer {
  device: NodeDevice;
  facts: DeviceNodeFacts | undefined;
  /** Whether its absence was told. */
  missing: boolean;
  plugin: DevicePlugin | undefined;
  /** The kubelet that it is registered with, by the identity of its socket. */
  registeredWith: string | undefined;
}

/**
 * Offers the node's devices to the kubelet: each once its device node is there, again whenever the kubelet starts, as
 * unhealthy while the device node is gone. All by inotify.
 */
export class DevicePlugins {
  readonly #options: DevicePluginsOptions;
  readonly #offers: Offer[];
  readonly #clock: Clock;
  readonly #registered = Promise.withResolvers<void>();
  #isRegistered = false;
  #wake = Promise.withResolvers<void>();

  constructor(options: DevicePluginsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const devices = options.devices ?? NODE_DEVICES;
    this.#offers = devices.map((device) => ({
      device,
      facts: undefined,
      missing: false,
      plugin: undefined,
      registeredWith: undefined,
    }));
    options.metrics.gauge({
      name: 'quickvirt_node_device_available',
      help: '1 when the device is there and offered to the kubelet, else 0.',
      labelNames: ['device'],
      collect: (gauge) => {
        for (const { device, plugin } of this.#offers) gauge.set({ device: device.name }, plugin?.healthy ? 1 : 0);
      },
    });
  }

  /** Resolves once everything that is there was offered for the first time. */
  registered(): Promise<void> {
    return this.#registered.promise;
  }

  /** For `/readyz`. */
  problem(): string | undefined {
    return this.#isRegistered ? undefined : 'the device plugins are not registered with the kubelet yet';
  }

  /** Offers and follows until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const watches = await this.#watches();
    const wake = () => this.#wake.resolve();
    signal.addEventListener('abort', wake, { once: true });
    let retryMs = FIRST_RETRY_MS;
    try {
      while (!signal.aborted) {
        this.#wake = Promise.withResolvers<void>();
        if (await this.#bringUp(signal)) retryMs = FIRST_RETRY_MS;
        else {
          const cancel = this.#clock.after(retryMs, wake);
          this.#wake.promise.then(cancel, cancel);
          retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
        }
        await this.#wake.promise;
      }
    } finally {
      for (const watch of watches) watch.close();
      for (const { plugin } of this.#offers) await plugin?.close();
    }
  }

  get #pluginDirectory(): string {
    return `${this.#options.kubeletDirectory}/device-plugins`;
  }

  /** The kubelet's socket, and the directories of the device nodes that are there now. */
  async #watches(): Promise<DirectoryWatch[]> {
    const { deviceDirectory, logger } = this.#options;
    const paths = this.#offers.map(({ device }) => dirname(`${deviceDirectory}/${device.path}`));
    const directories = new Set([this.#pluginDirectory, deviceDirectory, ...paths]);
    const names = new Set([KUBELET_SOCKET, ...this.#offers.flatMap(({ device }) => device.path.split('/'))]);
    const watches: DirectoryWatch[] = [];
    for (const directory of directories) {
      try {
        watches.push(
          new DirectoryWatch(
            directory,
            (name) => {
              if (name === undefined || names.has(name)) this.#wake.resolve();
            },
            (error) => logger.warn('a directory is no longer watched', { directory, error }),
          ),
        );
      } catch (error) {
        // /dev/net comes with the module tun.
        logger.warn('cannot watch a directory', { directory, error });
      }
    }
    return watches;
  }

  /** Whether all is as it should be; else it is tried again. */
  async #bringUp(signal: AbortSignal): Promise<boolean> {
    const kubelet = await identityOf(`${this.#pluginDirectory}/${KUBELET_SOCKET}`);
    const done = await Promise.all(this.#offers.map((offer) => this.#bringUpOne(offer, kubelet, signal)));
    const well = done.every(Boolean);
    if (well && !this.#isRegistered && kubelet !== undefined) {
      this.#isRegistered = true;
      this.#registered.resolve();
    }
    return well;
  }

  async #bringUpOne(offer: Offer, kubelet: string | undefined, signal: AbortSignal): Promise<boolean> {
    const { logger, access, cdiDirectory } = this.#options;
    const { device } = offer;
    try {
      const facts = await deviceFacts(device, this.#options.deviceDirectory);
      if (!facts) {
        if (!offer.missing) logger.warn('a device is not there', { device: `/dev/${device.path}`, lack: device.lack });
        offer.missing = true;
        if (offer.plugin) offer.plugin.healthy = false;
        return true;
      }
      if (access === 'cdi' && !sameNumbers(offer.facts, facts)) {
        await mkdir(cdiDirectory, { recursive: true });
        const spec = `${JSON.stringify(cdiSpec(device.name, facts), undefined, 2)}\n`;
        await writeAtomically(`${cdiDirectory}/${cdiFileName(device.name)}`, spec);
      }
      offer.facts = facts;
      offer.missing = false;
      offer.plugin ??= this.#pluginOf(device, facts);
      offer.plugin.healthy = true;
      if (kubelet === undefined || offer.registeredWith === kubelet) return true;
      await offer.plugin.register(signal);
      offer.registeredWith = kubelet;
      return true;
    } catch (error) {
      if (!signal.aborted) logger.warn('cannot offer a device to the kubelet yet', { device: device.name, error });
      return false;
    }
  }

  #pluginOf({ name }: NodeDevice, { path }: DeviceNodeFacts): DevicePlugin {
    const { count, access, logger } = this.#options;
    return new DevicePlugin({
      resourceName: `devices.kubevirt.io/${name}`,
      pluginDirectory: this.#pluginDirectory,
      endpoint: `kubevirt-${name}.sock`,
      count,
      allocate: async () =>
        access === 'cdi'
          ? { cdiDevices: [{ name: cdiDeviceName(name) }] }
          : { devices: [{ containerPath: path, hostPath: path, permissions: 'rw' }] },
      logger,
    });
  }
}

/** Tells one socket from a later one of the same name; undefined while there is none. */
async function identityOf(socketPath: string): Promise<string | undefined> {
  try {
    const { ino, birthtimeMs, ctimeMs } = await stat(socketPath);
    return `${ino}/${birthtimeMs || ctimeMs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function sameNumbers(a: DeviceNodeFacts | undefined, b: DeviceNodeFacts): boolean {
  return a?.major === b.major && a.minor === b.minor;
}
