import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type { QatConfiguration } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { Sysfs } from '@quickvirt/host';
import type { Finding, QatSettings } from '@quickvirt/qat';
import type { Logger } from '@quickvirt/telemetry';
import { FakeClock, FakeSysfs, type FakePhysicalFunction, type FakeSysfsOptions } from '@quickvirt/testing';
import { Allocations } from '../qat/allocations.ts';
import { Checkpoint } from '../qat/checkpoint.ts';
import type { FactSources } from '../qat/gather-facts.ts';
import { PciInventory } from '../qat/pci-inventory.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** A 4xxx of four, so that many lives of it can be played. */
export const smallCard: FakePhysicalFunction = {
  address: '0000:6b:00.0',
  parents: ['pci0000:6b'],
  id: '8086:4940',
  driver: '4xxx',
  numaNode: 0,
  group: 40,
  totalVfs: 4,
  offset: 1,
  stride: 1,
  vfId: '8086:4941',
  vfDriver: '4xxxvf',
  vfGroup: 110,
  services: 'sym;asym',
};

/** A node on the fake sysfs, with a kubelet that lists what the test says, and as many lives of virt-handler as it wants. */
export class FakeNode {
  readonly fake: FakeSysfs;
  readonly clock = new FakeClock();
  readonly directory: string;
  /** Device ids that the kubelet says pods hold; undefined: it does not answer. */
  listed: string[] | undefined = [];
  /** IOMMU groups that somebody has open. */
  readonly openGroups = new Set<number>();
  readonly modprobes: string[] = [];
  /** Modules that the node does not have. */
  readonly missingModules = new Set<string>();
  qat: QatConfiguration = {};
  pciHostDevices: QatSettings['pciHostDevices'] = [];
  nodeLabels: Record<string, string> = {};
  checkpoint!: Checkpoint;
  allocations!: Allocations;
  inventory!: PciInventory;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(fake: FakeSysfs, directory: string) {
    this.fake = fake;
    this.directory = directory;
  }

  /** A node with what `add` adds: the small card if not said. */
  static async create(
    add: (fake: FakeSysfs) => Promise<void> = (fake) => fake.addPhysicalFunction(smallCard),
    options?: FakeSysfsOptions,
  ): Promise<FakeNode> {
    const directory = await mkdtemp(join(tmpdir(), 'fake-node-'));
    await mkdir(join(directory, 'device-plugins'));
    const node = new FakeNode(await FakeSysfs.create(options), directory);
    await add(node.fake);
    return node;
  }

  /** Where facts are read, and the fake kernel is written to. */
  sources(): FactSources {
    return {
      sysfs: new Sysfs(this.fake.root, { writeAttribute: this.fake.write }),
      devices: new Sysfs(this.fake.devices),
      pluginDirectory: new Sysfs(join(this.directory, 'device-plugins')),
    };
  }

  settings(): QatSettings {
    const { qat } = clusterConfigFrom({
      metadata: { name: 'kubevirt' },
      spec: { configuration: { permittedHostDevices: { qat: this.qat } } },
    });
    return { config: qat, pciHostDevices: this.pciHostDevices, nodeLabels: this.nodeLabels };
  }

  /** Starts virt-handler's part anew, and lets it do all it can. */
  async start(): Promise<void> {
    await this.stop();
    this.#stop = new AbortController();
    this.checkpoint = await Checkpoint.open(join(this.directory, 'state'));
    this.allocations = new Allocations({
      checkpoint: this.checkpoint,
      podResources: { list: () => this.#list() },
      logger: silent,
      clock: this.clock,
    });
    this.inventory = new PciInventory({
      sources: this.sources(),
      sysfs: this.sources().sysfs,
      allocations: this.allocations,
      checkpoint: this.checkpoint,
      settings: () => this.settings(),
      modules: {
        load: (module, parameters) => this.#load(module, parameters),
        unload: async (module) => {
          this.modprobes.push(`-r ${module}`);
          await this.fake.unloadModule(module);
        },
      },
      isGroupOpen: (group) => Promise.resolve(this.openGroups.has(group)),
      logger: silent,
      clock: this.clock,
    });
    this.#running = this.inventory.run(this.#stop.signal);
    await this.inventory.scanned();
  }

  /** Lets time pass until a poll happens, and all that comes of it. */
  async poll(afterMs = 5000): Promise<void> {
    await this.#waits();
    await this.clock.advance(afterMs);
    await this.#waits();
  }

  /** Ends virt-handler's part. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.fake.remove();
    await rm(this.directory, { recursive: true });
  }

  /** Codes and subjects of what is wrong. */
  findings(): string[] {
    return this.inventory
      .inventory()
      .findings.map(({ code, subject, errno }: Finding) =>
        [code, subject, ...(errno === undefined ? [] : [errno])].join(' '),
      );
  }

  /** How many virtual functions may be offered now, by resource name. */
  usable(): Record<string, number> {
    const usable = this.inventory.inventory().virtualFunctions.filter((part) => part.usable && part.resourceName);
    const byName = Map.groupBy(usable, ({ resourceName }) => resourceName ?? '');
    return Object.fromEntries([...byName].map(([name, parts]) => [name, parts.length]));
  }

  /** The writes since the last call. */
  takeWrites(): string[] {
    return this.fake.writes.splice(0);
  }

  /** Resolves when nothing is left to do until the next poll. */
  async #waits(): Promise<void> {
    while (this.clock.pending === 0) await new Promise(setImmediate);
  }

  async #load(module: string, parameters: readonly string[]): Promise<void> {
    this.modprobes.push([module, ...parameters].join(' '));
    if (this.missingModules.has(module)) throw new Error(`modprobe: module ${module} not found`);
    await this.fake.loadModule(module, parameters);
  }

  #list() {
    if (this.listed === undefined) return Promise.reject(new Error('the kubelet does not answer'));
    const devices = [{ resourceName: 'qat.intel.com/any', deviceIds: this.listed }];
    const containers = [{ name: 'compute', devices, cpuIds: [], dynamicResources: [] }];
    return Promise.resolve({ podResources: [{ name: 'pod', namespace: 'default', containers }] });
  }
}
