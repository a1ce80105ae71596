import type { ControllerOptions, KubeClient } from '@quickvirt/kube';
import type { DeviceNodeFacts } from '@quickvirt/node-plan';
import type { PciAddress, QatInventory, VirtualFunction } from '@quickvirt/qat';
import type { Logger } from '@quickvirt/telemetry';
import { WakeLoop } from '../device-plugins/wake-loop.ts';
import { ClaimCheckpoint } from './claim-checkpoint.ts';
import { ClaimFiles } from './claim-files.ts';
import { Claims, type DeviceHolds } from './claims.ts';
import { DeviceOwnership } from './device-ownership.ts';
import { DraPlugin } from './dra-plugin.ts';
import { PluginDirectories } from './plugin-directories.ts';
import { publishedBefore, SlicePublisher } from './slice-publisher.ts';

export interface DynamicResourceAllocationOptions {
  client: KubeClient;
  nodeName: string;
  /** The kubelet's root directory as mounted here, and as it is on the host. */
  kubeletDirectory: string;
  hostKubeletDirectory: string;
  cdiDirectory: string;
  /** virt-handler's own directory on the node, for what must outlive it. */
  stateDirectory: string;
  driverName: () => string;
  /** The node's functions, kept up to date by whoever scans the bus. */
  source: { inventory(): QatInventory; onChange(listener: () => void): () => void };
  holds: DeviceHolds;
  nodesOf: (pciAddresses: readonly PciAddress[]) => Promise<DeviceNodeFacts[]>;
  logger: Logger;
}

/**
 * Offers virtual functions by Dynamic Resource Allocation (KEP-4381): ResourceSlices for the scheduler, claims for the
 * kubelet. Nothing is registered and nothing watched while no function is to be offered so and no claim is prepared.
 */
export class DynamicResourceAllocation {
  readonly ownership: DeviceOwnership;
  readonly #options: DynamicResourceAllocationOptions;
  readonly #common: ControllerOptions;
  readonly #directories: PluginDirectories;
  readonly #loop = new WakeLoop();
  readonly #plugins = new Map<string, DraPlugin>();
  #publisher: SlicePublisher | undefined;
  #publishing: Promise<void> = Promise.resolve();
  /** Whether the API server has DRA; undefined until it was asked. */
  #isServed: boolean | undefined;

  constructor(options: DynamicResourceAllocationOptions, common: ControllerOptions) {
    this.#options = options;
    this.#common = common;
    this.#directories = new PluginDirectories(options.kubeletDirectory, options.hostKubeletDirectory);
    this.ownership = new DeviceOwnership({
      functions: () => ours(options.source.inventory()),
      holders: () => options.holds.holders(),
    });
  }

  /** Why claims cannot be served although they should be; undefined when all is well. */
  problem(): string | undefined {
    for (const [driverName, { problem }] of this.#plugins) if (problem) return `DRA driver ${driverName}: ${problem}`;
    return undefined;
  }

  /** Serves until aborted. @throws Error when the checkpoint cannot be read. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, holds, nodesOf, stateDirectory, logger } = this.#options;
    const claims = new Claims({
      ...this.#options,
      checkpoint: await ClaimCheckpoint.open(stateDirectory),
      files: new ClaimFiles({ ...this.#options, directories: this.#directories }),
      holds,
      functionAt: (address) => source.inventory().virtualFunctions.find(({ pciAddress }) => pciAddress === address),
      nodesOf,
    });
    await claims.restore();
    const wake = () => this.#loop.wake();
    const ends = [source.onChange(wake), holds.onChange(wake), this.ownership.onChange(wake)];
    await this.#loop.run(signal, async () => {
      try {
        await this.#update(claims, signal);
        return true;
      } catch (error) {
        logger.warn('DRA is not served yet', { error });
        return false;
      }
    });
    for (const end of ends) end();
    await Promise.all([...this.#plugins.values()].map((plugin) => plugin.close()));
    await this.#publishing;
  }

  async #update(claims: Claims, signal: AbortSignal): Promise<void> {
    const { driverName, logger } = this.#options;
    const isWanted = await this.#publish(signal);
    const names = new Set([...claims.prepared.values()].map((claim) => claim.driverName));
    if (isWanted) names.add(driverName());
    for (const name of names) await this.#serve(name, claims);
    for (const [name, plugin] of this.#plugins) {
      if (names.has(name)) plugin.changed();
      else {
        this.#plugins.delete(name);
        await plugin.close();
        logger.info('the DRA driver is not served any more', { driverName: name });
      }
    }
    await this.ownership.refresh();
    this.#publisher?.changed();
  }

  /** Starts the slices when there is something to publish or to withdraw. Answers whether DRA is wanted and there. */
  async #publish(signal: AbortSignal): Promise<boolean> {
    const { client, nodeName, driverName, source, logger } = this.#options;
    const isWanted = ours(source.inventory()).some(({ offer }) => offer === 'DRA');
    if (this.#isServed === undefined) {
      const published = await publishedBefore(client, nodeName);
      this.#isServed = published !== undefined;
      this.ownership.draPublishes(published ?? []);
      if (published && published.size > 0) this.#startPublisher(signal);
    }
    if (isWanted && !this.#isServed)
      logger.error('DRA is configured, but the API server has no resource.k8s.io/v1: it needs Kubernetes 1.34', {
        driverName: driverName(),
      });
    if (isWanted && this.#isServed) this.#startPublisher(signal);
    return isWanted && this.#isServed;
  }

  #startPublisher(signal: AbortSignal): void {
    if (this.#publisher) return;
    const { client, nodeName, driverName } = this.#options;
    this.#publisher = new SlicePublisher(
      {
        client,
        nodeName,
        driverName,
        functions: () => this.ownership.draFunctions(),
        onPublished: (addresses) => this.ownership.draPublishes(addresses),
      },
      this.#common,
    );
    this.#publishing = this.#publisher.run(signal);
  }

  async #serve(driverName: string, claims: Claims): Promise<void> {
    if (this.#plugins.has(driverName)) return;
    const { nodeName, source, logger } = this.#options;
    const inventory = () => source.inventory();
    const plugin = new DraPlugin({ driverName, nodeName, directories: this.#directories, claims, inventory, logger });
    try {
      await plugin.start();
    } catch (error) {
      await plugin.close();
      throw error;
    }
    this.#plugins.set(driverName, plugin);
    logger.info('the DRA driver is served to the kubelet', { driverName });
  }
}

/** Functions that are ours to offer: others have no resource name. */
function ours({ virtualFunctions }: QatInventory): VirtualFunction[] {
  return virtualFunctions.filter(({ resourceName }) => resourceName !== undefined);
}
