import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { clusterConfigFrom } from '@quickvirt/config';
import { Metrics, type Logger } from '@quickvirt/telemetry';
import {
  add4xxx,
  devicePluginContract,
  FakeKubelet,
  FakeSysfs,
  provision,
  settle,
  type ContractContainer,
  type ContractWorld,
} from '@quickvirt/testing';
import { PciDevices } from '../pci-devices.ts';
import { PluginRegistry } from './plugin-registry.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const CARD = '0000:6b:00.0';
const RESOURCE = 'qat.intel.com/cy';

/** The kubelet that tests play, and a node in a directory. */
class FakeWorld implements ContractWorld {
  readonly resourceName = RESOURCE;
  readonly spare = '0000:6b:00.1';
  readonly patienceMs = 10_000;
  readonly #root: string;
  readonly #fake: FakeSysfs;
  readonly #kubelet: FakeKubelet;
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  private constructor(root: string, fake: FakeSysfs) {
    this.#root = root;
    this.#fake = fake;
    this.#kubelet = new FakeKubelet({
      pluginDirectory: join(root, 'device-plugins'),
      podResourcesDirectory: join(root, 'pod-resources'),
    });
  }

  static async start(): Promise<FakeWorld> {
    const fake = await FakeSysfs.create();
    await add4xxx(fake);
    await provision(fake, [CARD]);
    const world = new FakeWorld(await mkdtemp(join(tmpdir(), 'contract')), fake);
    await world.#makeNodes();
    await world.#run();
    return world;
  }

  async #run(): Promise<void> {
    const root = this.#root;
    await this.#kubelet.start();
    const registry = new PluginRegistry({ pluginDirectory: join(root, 'device-plugins'), logger });
    const { qat } = clusterConfigFrom(undefined);
    const devices = await PciDevices.open({
      registry,
      kubeletDirectory: root,
      deviceDirectory: this.#fake.devices,
      cdiDirectory: join(root, 'cdi'),
      sysfsDirectory: this.#fake.root,
      stateDirectory: join(root, 'state'),
      access: 'chown',
      // What the fake kernel does with writes it does for its own users alone: nothing is to be written here.
      config: () => ({
        pciHostDevices: [],
        qat: { ...qat, physicalFunctions: [{ managed: false, addresses: ['0000:e8:00.0'] }] },
      }),
      nodeLabels: () => ({}),
      logger,
      metrics: new Metrics(),
    });
    this.#running = Promise.all([registry.run(this.#stop.signal), devices.run(this.#stop.signal)]);
    await settle(async () => {
      if ((await this.quantities()).allocatable !== 16) throw new Error('not all functions are offered');
    });
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#kubelet.stop();
    await this.#fake.remove();
    await rm(this.#root, { recursive: true });
  }

  /** The fake leaves empty files where devtmpfs has nodes. */
  async #makeNodes(): Promise<void> {
    const directory = join(this.#fake.devices, 'vfio');
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(directory, entry.name);
      await rm(path);
      execFileSync('mknod', [path, 'c', '1', '3']);
    }
  }

  async quantities() {
    return this.#kubelet.resources()[RESOURCE] ?? { capacity: 0, allocatable: 0 };
  }

  async startPod(name: string, containers: Readonly<Record<string, number>>) {
    const started: Record<string, ContractContainer> = {};
    for (const [container, count] of Object.entries(containers)) {
      const got = await this.#kubelet.allocate(this.#pod(name), container, { [RESOURCE]: count });
      started[container] = { env: got.envs, nodes: got.devices.map(({ containerPath }) => containerPath) };
    }
    return started;
  }

  async endPod(name: string): Promise<void> {
    this.#kubelet.free(this.#pod(name).uid);
  }

  async held(name: string): Promise<string[]> {
    return this.#kubelet.heldBy(this.#pod(name).uid)[RESOURCE] ?? [];
  }

  restartKubelet(): Promise<void> {
    return this.#kubelet.restart();
  }

  pullOut(): Promise<void> {
    return this.#fake.vanish(this.spare);
  }

  async putBack(): Promise<void> {
    await this.#fake.returnVirtual(CARD, 0, 200);
    await this.#fake.write(join(this.#fake.root, `bus/pci/devices/${this.spare}/driver_override`), 'vfio-pci');
    await this.#fake.write(join(this.#fake.root, 'bus/pci/drivers_probe'), this.spare);
    await this.#makeNodes();
  }

  #pod(name: string) {
    return { namespace: 'default', name, uid: `uid-of-${name}` };
  }
}

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('the contract of device plugins: skipped, device nodes are made by root');
(isRoot ? describe : describe.skip)('device plugins and the kubelet that tests play', () => {
  let world: FakeWorld;

  beforeAll(async () => {
    world = await FakeWorld.start();
  });

  afterAll(() => world.end());

  test.each(devicePluginContract.map(({ name, run }) => [name, run] as const))(
    '%s',
    (_name, run) => run(world),
    30_000,
  );
});
