import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DirectoryWatch, writeAtomically } from '@quickvirt/host';
import { cdiDeviceName, cdiFileName, cdiSpec, type DeviceAccess, type DeviceNodeFacts } from '@quickvirt/node-plan';
import type { Logger, Metrics } from '@quickvirt/telemetry';
import { DevicePlugin } from './device-plugin.ts';
import { deviceFacts, SHARED_DEVICES, type SharedDevice } from './shared-device.ts';
import type { PluginRegistry } from './plugin-registry.ts';
import { WakeLoop } from './wake-loop.ts';

export interface SharedDevicesOptions {
  registry: PluginRegistry;
  deviceDirectory: string;
  cdiDirectory: string;
  /** How many of each are offered. */
  count: number;
  access: DeviceAccess;
  logger: Logger;
  metrics: Metrics;
  devices?: readonly SharedDevice[];
}

/** A device and what is offered of it; nothing is while it has never been there. */
interface Offer {
  device: SharedDevice;
  facts: DeviceNodeFacts | undefined;
  healthy: boolean;
  /** Whether its absence was told. */
  missing: boolean;
  plugin: DevicePlugin | undefined;
}

/**
 * Offers the devices that guests share to the kubelet: each once its device node is there, as unhealthy while the node
 * is gone. All by inotify.
 */
export class SharedDevices {
  readonly #options: SharedDevicesOptions;
  readonly #offers: Offer[];
  readonly #looked = Promise.withResolvers<void>();
  readonly #loop = new WakeLoop();
  #isRegistered = false;

  constructor(options: SharedDevicesOptions) {
    this.#options = options;
    const devices = options.devices ?? SHARED_DEVICES;
    this.#offers = devices.map((device) => ({
      device,
      facts: undefined,
      healthy: false,
      missing: false,
      plugin: undefined,
    }));
    options.metrics.gauge({
      name: 'quickvirt_node_device_available',
      help: '1 when the device is there and offered to the kubelet, else 0.',
      labelNames: ['device'],
      collect: (gauge) => {
        for (const { device, healthy } of this.#offers) gauge.set({ device: device.name }, healthy ? 1 : 0);
      },
    });
  }

  /** Resolves once everything that is there was offered for the first time. */
  async registered(): Promise<void> {
    await this.#looked.promise;
    await this.#options.registry.settled();
    this.#isRegistered = true;
  }

  /** For `/readyz`. */
  problem(): string | undefined {
    return this.#isRegistered ? undefined : 'the device plugins are not registered with the kubelet yet';
  }

  /** Offers and follows until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const watches = this.#watches();
    try {
      await this.#loop.run(signal, async () => {
        const done = await Promise.all(this.#offers.map((offer) => this.#look(offer)));
        this.#looked.resolve();
        return done.every(Boolean);
      });
    } finally {
      for (const watch of watches) watch.close();
    }
  }

  /** The directories of the device nodes that are there now. */
  #watches(): DirectoryWatch[] {
    const { deviceDirectory, logger } = this.#options;
    const paths = this.#offers.map(({ device }) => dirname(`${deviceDirectory}/${device.path}`));
    const names = new Set(this.#offers.flatMap(({ device }) => device.path.split('/')));
    const watches: DirectoryWatch[] = [];
    for (const directory of new Set([deviceDirectory, ...paths])) {
      try {
        watches.push(
          new DirectoryWatch(
            directory,
            (name) => {
              if (name === undefined || names.has(name)) this.#loop.wake();
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

  /** Whether the device is offered as it is; its absence is no failure. */
  async #look(offer: Offer): Promise<boolean> {
    const { logger, access, cdiDirectory, registry } = this.#options;
    const { device } = offer;
    try {
      const facts = await deviceFacts(device, this.#options.deviceDirectory);
      if (!facts) {
        if (!offer.missing) logger.warn('a device is not there', { device: `/dev/${device.path}`, lack: device.lack });
        offer.missing = true;
        this.#setHealth(offer, false);
        return true;
      }
      if (access === 'cdi' && !sameNumbers(offer.facts, facts)) {
        await mkdir(cdiDirectory, { recursive: true });
        const spec = `${JSON.stringify(cdiSpec([{ name: device.name, node: facts }]), undefined, 2)}\n`;
        await writeAtomically(`${cdiDirectory}/${cdiFileName(device.name)}`, spec);
      }
      offer.facts = facts;
      offer.missing = false;
      offer.plugin ??= this.#pluginOf(offer, facts);
      this.#setHealth(offer, true);
      registry.add(offer.plugin);
      return true;
    } catch (error) {
      logger.warn('cannot offer a device to the kubelet yet', { device: device.name, error });
      return false;
    }
  }

  #setHealth(offer: Offer, healthy: boolean): void {
    if (offer.healthy === healthy) return;
    offer.healthy = healthy;
    offer.plugin?.changed();
  }

  #pluginOf(offer: Offer, { path }: DeviceNodeFacts): DevicePlugin {
    const { count, access, logger, registry } = this.#options;
    const { name } = offer.device;
    return new DevicePlugin({
      resourceName: `devices.kubevirt.io/${name}`,
      pluginDirectory: registry.pluginDirectory,
      endpoint: `kubevirt-${name}.sock`,
      devices: () => Array.from({ length: count }, (_, index) => ({ id: `${name}${index}`, healthy: offer.healthy })),
      allocate: async () =>
        access === 'cdi'
          ? { cdiDevices: [{ name: cdiDeviceName(name) }] }
          : { devices: [{ containerPath: path, hostPath: path, permissions: 'rw' }] },
      logger,
    });
  }
}

function sameNumbers(a: DeviceNodeFacts | undefined, b: DeviceNodeFacts): boolean {
  return a?.major === b.major && a.minor === b.minor;
}
