import type { PciHostDevice } from '@quickvirt/api';
import { pciResourceVariable, qatVariables } from '@quickvirt/launcher-pod';
import { pciPools, type PciPool, type PooledFunction } from '@quickvirt/node-plan';
import { comparePciAddresses, type NodeFacts, type PciAddress, type QatInventory } from '@quickvirt/qat';
import { RpcError, type ContainerAllocateResponse, type Init } from '@quickvirt/rpc';
import type { Logger } from '@quickvirt/telemetry';
import { DevicePlugin, type PreferenceRequest } from './device-plugin.ts';
import { pluginEndpoint } from './plugin-endpoint.ts';
import type { PluginRegistry } from './plugin-registry.ts';
import { FunctionUnavailable, type VfioNodes } from './vfio-nodes.ts';
import { WakeLoop } from './wake-loop.ts';

/** What the node's PCI bus holds, kept up to date by whoever scans it. */
export interface PciSource {
  facts(): NodeFacts;
  inventory(): QatInventory;
  /** Calls back when either differs. Returns what ends it. */
  onChange(listener: () => void): () => void;
  /** Has the bus looked at again soon. */
  rescan(): void;
}

/** Which functions pods hold. */
export interface Allocations {
  allocated(): Promise<ReadonlySet<PciAddress>>;
  /** Keeps, durably, that a pod is about to get them. @throws when another holds one. */
  record(pciAddresses: readonly PciAddress[]): Promise<void>;
}

/** Who offers a function: device plugins or DRA, never both. */
export interface Ownership {
  devicePluginMayOffer(pciAddress: PciAddress): boolean;
  /** Told after each list that the kubelet got. */
  devicePluginOffers(pciAddresses: Iterable<PciAddress>): void;
  onChange(listener: () => void): () => void;
}

export interface PciPluginsOptions {
  registry: PluginRegistry;
  source: PciSource;
  allocations: Allocations;
  ownership?: Ownership;
  /** `permittedHostDevices.pciHostDevices` of the KubeVirt CR, as it is now. */
  permitted: () => readonly PciHostDevice[];
  /** Which functions a container should get. */
  prefer: (request: PreferenceRequest, functions: readonly PooledFunction[]) => readonly PciAddress[];
  nodes: VfioNodes;
  logger: Logger;
  /** Hears of each allocation that was answered or refused. */
  onAllocation?: (outcome: { resourceName: string; durationMs: number; error?: unknown }) => void;
}

interface Offer {
  pool: PciPool;
  plugin: DevicePlugin;
}

/**
 * Offers PCI functions to the kubelet: a plugin for each resource name, a device for each function, by its address.
 * Follows functions that come, go, are bound anew or change their group, and the KubeVirt CR.
 */
export class PciPlugins {
  readonly #options: PciPluginsOptions;
  readonly #offers = new Map<string, Offer>();
  readonly #listeners = new Set<() => void>();
  readonly #loop = new WakeLoop();

  constructor(options: PciPluginsOptions) {
    this.#options = options;
  }

  /** What is offered now. */
  pools(): readonly PciPool[] {
    return [...this.#offers.values()].map(({ pool }) => pool);
  }

  /** Calls back after pools changed. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** To be called when the configuration or an allocation changed. */
  changed(): void {
    this.#loop.wake();
  }

  /** Offers and follows until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, ownership, logger } = this.#options;
    const wake = () => this.#loop.wake();
    const endings = [source.onChange(wake), ownership?.onChange(wake)];
    await this.#loop.run(signal, async () => {
      try {
        await this.#update();
        return true;
      } catch (error) {
        logger.warn('cannot offer PCI functions to the kubelet yet', { error });
        return false;
      }
    });
    for (const end of endings) end?.();
  }

  async #update(): Promise<void> {
    const { source, allocations, ownership, permitted, logger } = this.#options;
    const pools = pciPools({
      facts: source.facts(),
      inventory: source.inventory(),
      permitted: permitted(),
      allocated: await allocations.allocated(),
      ...(ownership && { mayOffer: (address: PciAddress) => ownership.devicePluginMayOffer(address) }),
    });
    const gone = new Set(this.#offers.keys());
    let isChanged = false;
    for (const pool of pools) {
      gone.delete(pool.resourceName);
      isChanged = (await this.#offer(pool)) || isChanged;
    }
    // The kubelet keeps a resource that it knows: an empty list says that none is left.
    for (const resourceName of gone) isChanged = (await this.#offer({ resourceName, functions: [] })) || isChanged;
    if (!isChanged) return;
    const offered = pools.flatMap(({ functions }) => functions);
    ownership?.devicePluginOffers(offered.map(({ pciAddress }) => pciAddress));
    logger.info('PCI functions are offered', {
      resources: pools.map(({ resourceName, functions }) => ({
        resourceName,
        healthy: functions.filter(({ healthy }) => healthy).length,
        unhealthy: functions.filter(({ healthy }) => !healthy).map(({ pciAddress }) => pciAddress),
      })),
    });
    for (const listener of this.#listeners) listener();
  }

  /** Whether it differs from what was offered. */
  async #offer(pool: PciPool): Promise<boolean> {
    await this.#specify(pool);
    const offer = this.#offers.get(pool.resourceName);
    if (!offer) {
      const plugin = this.#pluginOf(pool.resourceName);
      this.#offers.set(pool.resourceName, { pool, plugin });
      this.#options.registry.add(plugin);
      return true;
    }
    if (JSON.stringify(offer.pool) === JSON.stringify(pool)) return false;
    offer.pool = pool;
    offer.plugin.changed();
    return true;
  }

  /** So that runtimes have read the CDI specification by the time a container asks for a node of it. */
  async #specify({ functions }: PciPool): Promise<void> {
    const { nodes, source } = this.#options;
    const healthy = functions.filter((one) => one.healthy).map(({ pciAddress }) => pciAddress);
    if (healthy.length === 0) return;
    try {
      await nodes.specify(await nodes.nodesOf(healthy));
    } catch (error) {
      if (!(error instanceof FunctionUnavailable)) throw error;
      // Something changed since the scan: the next one tells.
      source.rescan();
    }
  }

  #pluginOf(resourceName: string): DevicePlugin {
    const { registry, prefer, logger } = this.#options;
    const functions = () => this.#offers.get(resourceName)?.pool.functions ?? [];
    return new DevicePlugin({
      resourceName,
      pluginDirectory: registry.pluginDirectory,
      endpoint: pluginEndpoint(resourceName),
      devices: () =>
        functions().map(({ pciAddress, healthy, numaNode }) => ({
          id: pciAddress,
          healthy,
          ...(numaNode !== undefined && { numaNode }),
        })),
      prefer: (request) => prefer(request, functions()),
      allocate: async (ids) => {
        const start = performance.now();
        try {
          const answer = await this.#allocate(resourceName, ids);
          this.#options.onAllocation?.({ resourceName, durationMs: performance.now() - start });
          return answer;
        } catch (error) {
          this.#options.onAllocation?.({ resourceName, durationMs: performance.now() - start, error });
          throw error;
        }
      },
      logger,
    });
  }

  /** What a container gets for the functions that the kubelet chose for it. @throws RpcError */
  async #allocate(resourceName: string, ids: readonly string[]): Promise<Init<ContainerAllocateResponse>> {
    const { nodes, allocations, source } = this.#options;
    const pciAddresses = ids.toSorted(comparePciAddresses);
    const functions = pciAddresses.map((id) => this.#allocatable(resourceName, id));
    try {
      const found = await nodes.nodesOf(pciAddresses);
      refuseSharedGroups(functions, await allocations.allocated());
      await allocations.record(pciAddresses);
      const qat = functions.filter(({ isQat }) => isQat).map(({ pciAddress }) => pciAddress);
      const edits = await nodes.edits(found);
      this.#loop.wake();
      return {
        ...edits,
        envs: { [pciResourceVariable(resourceName)]: pciAddresses.join(','), ...qatVariables(qat) },
      };
    } catch (error) {
      source.rescan();
      if (error instanceof FunctionUnavailable)
        throw new RpcError('FAILED_PRECONDITION', `${resourceName}: ${error.message}`, { cause: error });
      throw error;
    }
  }

  /** @throws RpcError for a function that is not offered, or is not well; the kubelet is told of the list anew. */
  #allocatable(resourceName: string, id: string): PooledFunction {
    const { source } = this.#options;
    const offer = this.#offers.get(resourceName);
    const found = offer?.pool.functions.find(({ pciAddress }) => pciAddress === id);
    if (found?.healthy) return found;
    offer?.plugin.changed();
    source.rescan();
    if (!found) throw new RpcError('NOT_FOUND', `${resourceName}: ${id} is not offered on this node`);
    const causes = found.findings.map(({ code, cause }) => `${code}: ${cause}`).join('; ');
    throw new RpcError('FAILED_PRECONDITION', `${resourceName}: ${id} is not healthy: ${causes}`);
  }
}

/** A group opens for one user at a time, and the list that says so may not have reached the kubelet yet. */
function refuseSharedGroups(functions: readonly PooledFunction[], allocated: ReadonlySet<PciAddress>): void {
  const own = new Set(functions.map(({ pciAddress }) => pciAddress));
  for (const { pciAddress, groupMembers } of functions) {
    const holder = groupMembers.find((member) => allocated.has(member) && !own.has(member));
    if (holder !== undefined)
      throw new FunctionUnavailable(`${pciAddress} shares its IOMMU group with ${holder}, which a pod holds`);
  }
}
