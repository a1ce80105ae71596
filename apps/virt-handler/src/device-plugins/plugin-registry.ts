import { readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { DirectoryWatch } from '@quickvirt/host';
import { systemClock, type Clock } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';
import type { DevicePlugin } from './device-plugin.ts';
import { WakeLoop } from './wake-loop.ts';

export interface PluginRegistryOptions {
  /** The kubelet's directory for plugins and its own socket. */
  pluginDirectory: string;
  logger: Logger;
  clock?: Clock;
}

const KUBELET_SOCKET = 'kubelet.sock';

interface Entry {
  plugin: DevicePlugin;
  /** The kubelet that it is registered with, by the identity of its socket. */
  registeredWith: string | undefined;
  /**
   * The kubelet left its stream. One that lives does so by mistake too: the end of a former stream of the same name has
   * it hang up on the new one (k8s.io/kubernetes, devicemanager/plugin/v1beta1/server.go, runClient).
   */
  isUnwatched: boolean;
  /** Socket of the plugin that has the resource's name. */
  foreignSocket: string | undefined;
}

/**
 * Keeps plugins registered with the kubelet: again whenever it starts anew or a socket of ours is removed. A name that
 * another plugin took is left to it, because of two plugins of one name the kubelet hears the last to register alone,
 * and both would take it from each other without end. All by inotify.
 */
export class PluginRegistry {
  readonly #options: PluginRegistryOptions;
  readonly #clock: Clock;
  readonly #entries = new Map<DevicePlugin, Entry>();
  readonly #listeners = new Set<() => void>();
  readonly #loop: WakeLoop;
  #settled = Promise.withResolvers<void>();

  constructor(options: PluginRegistryOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#loop = new WakeLoop(this.#clock);
  }

  get pluginDirectory(): string {
    return this.#options.pluginDirectory;
  }

  /** Registers a plugin from now on. */
  add(plugin: DevicePlugin): void {
    if (this.#entries.has(plugin)) return;
    const entry: Entry = {
      plugin,
      registeredWith: undefined,
      isUnwatched: false,
      foreignSocket: undefined,
    };
    plugin.onUnwatched(() => {
      entry.isUnwatched = true;
      this.#loop.wake();
    });
    this.#entries.set(plugin, entry);
    this.#settled = Promise.withResolvers<void>();
    this.#loop.wake();
  }

  /** Withdraws a plugin: the kubelet counts its resource as zero. */
  async remove(plugin: DevicePlugin): Promise<void> {
    this.#entries.delete(plugin);
    await plugin.close();
  }

  /** Resolves once every plugin added so far is registered, or its name is another's. */
  settled(): Promise<void> {
    return this.#settled.promise;
  }

  /** By resource name, the socket of the plugin that serves it instead of ours. */
  foreignSockets(): ReadonlyMap<string, string> {
    return new Map(
      [...this.#entries.values()].flatMap(({ plugin, foreignSocket }): [string, string][] =>
        foreignSocket === undefined ? [] : [[plugin.resourceName, foreignSocket]],
      ),
    );
  }

  /** Calls back when a name is lost to another plugin or won back. */
  onOwnerChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Registers and follows until aborted; then withdraws all. @throws Error when the directory cannot be watched. */
  async run(signal: AbortSignal): Promise<void> {
    const { pluginDirectory, logger } = this.#options;
    using _watch = new DirectoryWatch(
      pluginDirectory,
      (name) => {
        if (name === undefined || name.endsWith('.sock')) this.#loop.wake();
      },
      (error) => logger.warn('a directory is no longer watched', { directory: pluginDirectory, error }),
    );
    try {
      await this.#loop.run(signal, () => this.#registerAll(signal));
    } finally {
      for (const { plugin } of this.#entries.values()) await plugin.close();
    }
  }

  /** Whether all is as it should be. */
  async #registerAll(signal: AbortSignal): Promise<boolean> {
    const settled = this.#settled;
    const kubeletSocketPath = `${this.pluginDirectory}/${KUBELET_SOCKET}`;
    const kubelet = await identityOf(kubeletSocketPath);
    // Its coming wakes us.
    if (kubelet === undefined) return true;
    // One that died left its socket behind: its successor makes another.
    if (!(await isServed(kubeletSocketPath))) return false;
    const entries = [...this.#entries.values()];
    const done = await Promise.all(entries.map((entry) => this.#registerOne(entry, kubelet, signal)));
    const well = done.every(Boolean);
    if (well) settled.resolve();
    return well;
  }

  async #registerOne(entry: Entry, kubelet: string, signal: AbortSignal): Promise<boolean> {
    const { plugin } = entry;
    const { resourceName } = plugin;
    const { logger } = this.#options;
    try {
      const foreign = await this.#foreignSocketOf(resourceName);
      const isRegistered = entry.registeredWith === kubelet && (await identityOf(plugin.socketPath)) !== undefined;
      const isOurs = isRegistered && !entry.isUnwatched && !entry.foreignSocket;
      this.#setForeign(entry, foreign);
      if (foreign !== undefined || isOurs) return true;
      entry.isUnwatched = false;
      await plugin.register(signal);
      entry.registeredWith = kubelet;
      return true;
    } catch (error) {
      if (!signal.aborted) logger.warn('cannot offer a resource to the kubelet yet', { resourceName, error });
      return false;
    }
  }

  #setForeign(entry: Entry, foreign: string | undefined): void {
    if (entry.foreignSocket === foreign) return;
    entry.foreignSocket = foreign;
    // The kubelet goes on listening to both: a list of ours would replace the other's.
    entry.plugin.isSilent = foreign !== undefined;
    const { resourceName } = entry.plugin;
    if (foreign === undefined) this.#options.logger.info('the resource is ours to offer again', { resourceName });
    else
      this.#options.logger.warn('another device plugin offers this resource: ours is left out', {
        resourceName,
        socket: foreign,
      });
    for (const listener of this.#listeners) listener();
  }

  /**
   * The living socket of another plugin for the resource: one that carries the resource's name, as plugins of Intel's
   * and NVIDIA's frameworks do. The kubelet itself tells nobody who has a name.
   */
  async #foreignSocketOf(resourceName: string): Promise<string | undefined> {
    const own = new Set([...this.#entries.keys()].map(({ endpoint }) => endpoint));
    for (const name of await readdir(this.pluginDirectory)) {
      if (!name.endsWith('.sock') || name === KUBELET_SOCKET || own.has(name)) continue;
      if (namesResource(name, resourceName) && (await isServed(`${this.pluginDirectory}/${name}`))) return name;
    }
    return undefined;
  }
}

/** Whether a socket's file name holds the resource's, whatever stands for its slash. */
function namesResource(socketName: string, resourceName: string): boolean {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const words = plain(socketName.slice(0, -'.sock'.length));
  return `-${words}-`.includes(`-${plain(resourceName)}-`);
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

/** Whether a process listens on a socket. */
function isServed(socketPath: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(socketPath);
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  return promise.finally(() => socket.destroy());
}
