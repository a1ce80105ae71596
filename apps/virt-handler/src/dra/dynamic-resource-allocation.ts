import type { ControllerOptions, KubeClient } from '@quickvirt/kube';
import type { DeviceAccess, DeviceNodeFacts } from '@quickvirt/node-plan';
import type { PciAddress, QatInventory, VirtualFunction } from '@quickvirt/qat';
import type { Logger, Metrics } from '@quickvirt/telemetry';
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
  /** How the node's runtime gives devices to containers: claims need CDI. */
  access: DeviceAccess;
  logger: Logger;
  metrics: Metrics;
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
  #lack: string | undefined;

  constructor(options: DynamicResourceAllocationOptions, common: ControllerOptions) {
    this.#options = options;
    this.#common = common;
    this.#directories = new PluginDirectories(options.kubeletDirectory, options.hostKubeletDirectory);
    this.ownership = new DeviceOwnership({
      functions: () => ours(options.source.inventory()),
      holders: () => options.holds.holders(),
    });
  }

  /** To be called when the KubeVirt CR changed. */
  configChanged(): void {
    this.#loop.wake();
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
    this.#countClaims(claims);
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

  #countClaims(claims: Claims): void {
    const { metrics } = this.#options;
    metrics.gauge({
      name: 'quickvirt_dra_prepared_claims',
      help: 'ResourceClaims that are prepared on this node.',
      collect: (gauge) => gauge.set(claims.prepared.size),
    });
    metrics.gauge({
      name: 'quickvirt_dra_driver_registered',
      help: '1 when the kubelet has registered the DRA driver, else 0; absent where none is served.',
      labelNames: ['driver'],
      collect: (gauge) => {
        gauge.reset();
        for (const [driver, { isRegistered }] of this.#plugins) gauge.set({ driver }, isRegistered ? 1 : 0);
      },
    });
  }

  /** Starts the slices when there is something to publish or to withdraw. Answers whether DRA is wanted and there. */
  async #publish(signal: AbortSignal): Promise<boolean> {
    const { client, nodeName, source } = this.#options;
    const isWanted = ours(source.inventory()).some(({ offer }) => offer === 'DRA');
    if (this.#isServed === undefined) {
      const published = await publishedBefore(client, nodeName);
      this.#isServed = published !== undefined;
      this.ownership.draPublishes(published ?? []);
      if (published && published.size > 0) this.#startPublisher(signal);
    }
    this.#sayLack(isWanted ? this.#lackOf() : undefined);
    if (!isWanted || this.#lack !== undefined) return false;
    this.#startPublisher(signal);
    return true;
  }

  /** What is missing on this node for DRA; undefined when nothing is. */
  #lackOf(): string | undefined {
    if (!this.#isServed) return 'the API server has no resource.k8s.io/v1: it comes with Kubernetes 1.34';
    if (this.#options.access !== 'cdi')
      return 'the container runtime applies no CDI: containerd does from 2.0, CRI-O from 1.23';
    return undefined;
  }

  #sayLack(lack: string | undefined): void {
    if (lack === this.#lack) return;
    this.#lack = lack;
    if (lack !== undefined) this.#options.logger.error('functions are to be offered by DRA and cannot', { lack });
  }

  #startPublisher(signal: AbortSignal): void {
    if (this.#publisher) return;
    const { client, nodeName, driverName } = this.#options;
    this.#publisher = new SlicePublisher(
      {
        client,
        nodeName,
        driverName,
        functions: () => (this.#lack === undefined ? this.ownership.draFunctions() : []),
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
