import type { PciHostDevice } from '@quickvirt/api';
import type { QatConfig } from '@quickvirt/config';
import { DirectoryWatch, Sysfs } from '@quickvirt/host';
import type { DeviceAccess, PciPool } from '@quickvirt/node-plan';
import { foreignPlugin, preferredAllocation, type Finding, type QatInventory } from '@quickvirt/qat';
import { dialPodResources, type PodResourcesClient } from '@quickvirt/rpc';
import type { Logger, Metrics } from '@quickvirt/telemetry';
import { PciAccess } from './device-plugins/pci-access.ts';
import { PciMetrics } from './device-plugins/pci-metrics.ts';
import { PciPlugins, type Ownership } from './device-plugins/pci-plugins.ts';
import type { PluginRegistry } from './device-plugins/plugin-registry.ts';
import { VfioNodes } from './device-plugins/vfio-nodes.ts';
import { Allocations } from './qat/allocations.ts';
import { Checkpoint } from './qat/checkpoint.ts';
import { prepareKernelFilesystems } from './qat/kernel-filesystems.ts';
import { hostKernelModules } from './qat/kernel-modules.ts';
import { isGroupOpen } from './qat/open-group.ts';
import { PciInventory } from './qat/pci-inventory.ts';

export interface PciDevicesOptions {
  registry: PluginRegistry;
  kubeletDirectory: string;
  deviceDirectory: string;
  cdiDirectory: string;
  /** The node's /sys. */
  sysfsDirectory: string;
  /** virt-handler's own directory on the node, for what must outlive it. */
  stateDirectory: string;
  access: DeviceAccess;
  /** What the KubeVirt CR says of host devices, as it is now. */
  config: () => { pciHostDevices: readonly PciHostDevice[]; qat: QatConfig };
  nodeLabels: () => Readonly<Record<string, string>>;
  logger: Logger;
  metrics: Metrics;
}

/** The node's PCI functions: found, brought to the wanted state, offered to the kubelet, opened to guests. */
export class PciDevices {
  readonly inventory: PciInventory;
  readonly allocations: Allocations;
  readonly nodes: VfioNodes;
  readonly plugins: PciPlugins;
  readonly access: PciAccess;
  readonly #options: PciDevicesOptions;
  readonly #podResources: PodResourcesClient;
  readonly #scanned: Promise<void>;
  #isScanned = false;

  private constructor(options: PciDevicesOptions, checkpoint: Checkpoint, ownership: OwnershipOf | undefined) {
    this.#options = options;
    const { registry, config, logger, kubeletDirectory, sysfsDirectory, deviceDirectory } = options;
    const sysfs = new Sysfs(sysfsDirectory);
    this.#podResources = dialPodResources(`${kubeletDirectory}/pod-resources/kubelet.sock`);
    this.allocations = new Allocations({ checkpoint, podResources: this.#podResources, logger });
    this.nodes = new VfioNodes(options);
    this.inventory = new PciInventory({
      sources: {
        sysfs,
        devices: new Sysfs(deviceDirectory),
        pluginDirectory: new Sysfs(registry.pluginDirectory),
      },
      sysfs,
      modules: hostKernelModules,
      checkpoint,
      allocations: this.allocations,
      settings: () => {
        const { qat, pciHostDevices } = config();
        return { config: qat, pciHostDevices, nodeLabels: options.nodeLabels() };
      },
      isGroupOpen: (group) => isGroupOpen(deviceDirectory, group),
      prepareFilesystems: () => prepareKernelFilesystems(sysfsDirectory),
      logger,
    });
    this.#scanned = this.inventory.scanned().then(() => {
      this.#isScanned = true;
    });
    this.plugins = new PciPlugins({
      registry,
      source: this.inventory,
      allocations: this.allocations,
      ...(ownership && { ownership: ownership(this) }),
      permitted: () => config().pciHostDevices,
      prefer: (request, functions) => preferredAllocation(request, functions, config().qat.allocation),
      nodes: this.nodes,
      logger,
      onAllocation: (outcome) => metrics.observe(outcome),
    });
    this.access = new PciAccess({ nodes: this.nodes, logger });
    const metrics = new PciMetrics({
      metrics: options.metrics,
      pools: () => this.plugins.pools(),
      inventory: () => this.inventory.inventory(),
      held: () => this.allocations.held(),
    });
  }

  /**
   * @param ownership who offers a function, where device plugins are not alone; gets what is made here.
   * @throws CheckpointError when it cannot be known which functions pods hold.
   */
  static async open(options: PciDevicesOptions, ownership?: OwnershipOf): Promise<PciDevices> {
    return new PciDevices(options, await Checkpoint.open(options.stateDirectory), ownership);
  }

  /** What people are told of the node's cards is made from. */
  get view() {
    const { inventory, allocations, plugins } = this;
    const { registry, config } = this.#options;
    return {
      source: {
        inventory: (): QatInventory => {
          const found = inventory.inventory();
          const foreign = foreignSocketsOf(plugins.pools(), registry.foreignSockets());
          if (foreign.length === 0 || found.findings.some(isForeignPlugin)) return found;
          const isShared = config().qat.resourcePrefix !== 'qat.intel.com';
          return { ...found, findings: [...found.findings, foreignPlugin(foreign, isShared)] };
        },
        onChange: (listener: () => void) => {
          void this.#scanned.then(listener);
          registry.onOwnerChange(listener);
          return inventory.onChange(listener);
        },
        isScanned: () => this.#isScanned,
      },
      allocations,
    };
  }

  /** To be called when the KubeVirt CR or the node's labels changed. */
  configChanged(): void {
    this.inventory.rescan();
    this.plugins.changed();
  }

  /** Looks, acts and offers until aborted. The caches of the configuration are filled by then. */
  async run(signal: AbortSignal): Promise<void> {
    const { inventory } = this;
    const endOfHolds = this.allocations.onChange(() => this.plugins.changed());
    const endOfWatch = this.#watchNodes();
    try {
      const offering = this.#scanned.then(() => this.plugins.run(signal));
      await Promise.all([inventory.run(signal), offering]);
    } finally {
      endOfHolds();
      endOfWatch();
      this.#podResources.close();
    }
  }

  /** Looks when nodes of vfio groups come and go; `/dev/vfio` itself comes with the module. Returns what ends it. */
  #watchNodes(): () => void {
    const { deviceDirectory, logger } = this.#options;
    const directory = `${deviceDirectory}/vfio`;
    let inner: DirectoryWatch | undefined;
    const failed = (error: Error) => logger.warn('a directory is no longer watched', { directory, error });
    const watchInner = () => {
      inner?.close();
      try {
        inner = new DirectoryWatch(directory, () => this.inventory.rescan(), failed);
      } catch {
        // It is not there: the directory above tells of its coming.
        inner = undefined;
      }
      this.inventory.rescan();
    };
    const isItself = (name: string | undefined) => name === undefined || name === 'vfio';
    const outer = new DirectoryWatch(deviceDirectory, (name) => isItself(name) && watchInner(), failed);
    watchInner();
    return () => {
      outer.close();
      inner?.close();
    };
  }
}

/** Makes who decides about ownership from what it decides about. */
export type OwnershipOf = (devices: Pick<PciDevices, 'inventory' | 'allocations' | 'nodes'>) => Ownership;

/** Sockets of other plugins that serve names of our QAT pools, each once. */
function foreignSocketsOf(pools: readonly PciPool[], foreign: ReadonlyMap<string, string>): string[] {
  const ours = pools.filter(({ functions }) => functions.some(({ isQat }) => isQat));
  return [...new Set(ours.flatMap(({ resourceName }) => foreign.get(resourceName) ?? []))];
}

const isForeignPlugin = ({ code, subject }: Finding) => code === 'ForeignOwner' && subject === 'node';
