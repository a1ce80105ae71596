import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { PciHostDevice } from '@quickvirt/api';
import type { NodeFacts, PciFunction } from '@quickvirt/qat';
import type { Logger } from '@quickvirt/telemetry';
import { FakeKubelet, settle } from '@quickvirt/testing';
import { PciPlugins } from './pci-plugins.ts';
import { PluginRegistry } from './plugin-registry.ts';
import { VfioNodes } from './vfio-nodes.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const RESOURCE = 'example.com/accelerator';
const VARIABLE = 'PCI_RESOURCE_EXAMPLE_COM_ACCELERATOR';
const ADDRESSES = ['0000:01:00.1', '0000:01:00.2', '0000:01:00.3'] as const;

let root: string;
let kubelet: FakeKubelet;
let bus: FakeBus;
let held: Set<string>;
let plugins: PciPlugins;
let permitted: PciHostDevice[];
let stop: AbortController;
let running: Promise<unknown>;

/** A PCI bus: what a scan finds, and the directory that allocations read again. */
class FakeBus {
  functions: PciFunction[] = [];
  rescans = 0;
  readonly #listeners = new Set<() => void>();

  facts(): NodeFacts {
    const vfioNodes = ['vfio', ...this.functions.map(({ iommuGroup }) => String(iommuGroup))];
    return { functions: this.functions, iommuEnabled: true, drivers: ['vfio-pci'], vfioNodes, foreignPlugins: [] };
  }

  inventory() {
    return { physicalFunctions: [], virtualFunctions: [], findings: [] };
  }

  onChange(listener: () => void) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  rescan() {
    this.rescans += 1;
  }

  /** Puts a function on the bus, its node into /dev; the next scan finds both. */
  async plug(pciAddress: string, iommuGroup: number, rest: Partial<PciFunction> = {}) {
    const directory = join(root, 'sys/bus/pci/devices', pciAddress);
    await mkdir(directory, { recursive: true });
    await symlink('../../../drivers/vfio-pci', join(directory, 'driver'));
    await symlink(`../../../../kernel/iommu_groups/${iommuGroup}`, join(directory, 'iommu_group'));
    const node = join(root, 'dev/vfio', String(iommuGroup));
    execFileSync('mknod', [node, 'c', '1', '3']);
    const found = { vendorDevice: '1b36:0010', class: '0b4000', driver: 'vfio-pci', numaNode: 0, ...rest };
    this.functions = [...this.functions, { pciAddress, iommuGroup, ...found }];
    this.scanned();
  }

  async unplug(pciAddress: string, options: { seen: boolean }) {
    await rm(join(root, 'sys/bus/pci/devices', pciAddress), { recursive: true });
    if (!options.seen) return;
    this.functions = this.functions.filter((one) => one.pciAddress !== pciAddress);
    this.scanned();
  }

  scanned() {
    for (const listener of this.#listeners) listener();
  }
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pci'));
  await mkdir(join(root, 'dev/vfio'), { recursive: true });
  execFileSync('mknod', [join(root, 'dev/vfio/vfio'), 'c', '10', '196']);
  kubelet = new FakeKubelet({ pluginDirectory: join(root, 'plugins') });
  await kubelet.start();
  bus = new FakeBus();
  held = new Set();
  permitted = [{ pciVendorSelector: '1B36:0010', resourceName: RESOURCE }];
  stop = new AbortController();
  await run();
});

afterEach(async () => {
  stop.abort();
  await running;
  await kubelet.stop();
  await rm(root, { recursive: true });
});

async function run() {
  const registry = new PluginRegistry({ pluginDirectory: join(root, 'plugins'), logger });
  plugins = new PciPlugins({
    registry,
    source: bus,
    allocations: {
      allocated: async () => held,
      record: async (addresses) => addresses.forEach((address) => held.add(address)),
    },
    permitted: () => permitted,
    prefer: ({ available, mustInclude, size }) =>
      [...new Set([...mustInclude, ...available.toReversed()])].slice(0, size),
    nodes: new VfioNodes({
      sysfsDirectory: join(root, 'sys'),
      deviceDirectory: join(root, 'dev'),
      cdiDirectory: join(root, 'cdi'),
      access: 'cdi',
    }),
    logger,
  });
  running = Promise.all([registry.run(stop.signal), plugins.run(stop.signal)]);
}

const allocatable = (count: number) => kubelet.until(() => kubelet.resources()[RESOURCE]?.allocatable === count);
const pod = (name: string) => ({ namespace: 'default', name, uid: name });

const isRoot = process.getuid?.() === 0;
(isRoot ? describe : describe.skip)('PCI functions', () => {
  beforeEach(async () => {
    for (const [index, address] of ADDRESSES.entries()) await bus.plug(address, 20 + index, { numaNode: index % 2 });
    await allocatable(3);
  });

  test('are offered by address, with their NUMA node', () => {
    expect(kubelet.devices(RESOURCE)).toEqual([
      { id: ADDRESSES[0], healthy: true, numaNodes: [0] },
      { id: ADDRESSES[1], healthy: true, numaNodes: [1] },
      { id: ADDRESSES[2], healthy: true, numaNodes: [0] },
    ]);
    expect(kubelet.registrations[0]).toMatchObject({
      endpoint: 'kubevirt-example.com-accelerator.sock',
      prefersAllocations: true,
    });
  });

  test('reach a container with their nodes and addresses, chosen by preference', async () => {
    const got = await kubelet.allocate(pod('a'), 'compute', { [RESOURCE]: 2 });
    expect(got.deviceIds[RESOURCE]).toEqual([ADDRESSES[2], ADDRESSES[1]]);
    expect(got.envs).toEqual({ [VARIABLE]: `${ADDRESSES[1]},${ADDRESSES[2]}` });
    expect(got.cdiDevices).toEqual([
      'quickvirt.io/device=vfio',
      'quickvirt.io/device=vfio-21',
      'quickvirt.io/device=vfio-22',
    ]);
    const spec = JSON.parse(await readFile(join(root, 'cdi/quickvirt.io-vfio.json'), 'utf8'));
    expect(spec.devices.map(({ name }: { name: string }) => `${spec.kind}=${name}`)).toEqual(
      expect.arrayContaining(got.cdiDevices),
    );
    expect([...held]).toEqual([ADDRESSES[1], ADDRESSES[2]]);
  });

  test('are answered for container by container', async () => {
    const { containerResponses } = await kubelet.plugin(RESOURCE).allocate({
      containerRequests: [{ devicesIds: [ADDRESSES[2]] }, { devicesIds: [ADDRESSES[0]] }],
    });
    expect(containerResponses.map(({ envs }) => envs[VARIABLE])).toEqual([ADDRESSES[2], ADDRESSES[0]]);
    expect(containerResponses.map(({ cdiDevices }) => cdiDevices.map(({ name }) => name))).toEqual([
      ['quickvirt.io/device=vfio', 'quickvirt.io/device=vfio-22'],
      ['quickvirt.io/device=vfio', 'quickvirt.io/device=vfio-20'],
    ]);
  });

  test('that are unknown are refused', async () => {
    const refused = kubelet.plugin(RESOURCE).allocate({ containerRequests: [{ devicesIds: ['0000:ff:00.0'] }] });
    await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('that vanished since the last scan are refused, and have the bus looked at again', async () => {
    await bus.unplug(ADDRESSES[0], { seen: false });
    const refused = kubelet.plugin(RESOURCE).allocate({ containerRequests: [{ devicesIds: [ADDRESSES[0]] }] });
    await expect(refused).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    expect(bus.rescans).toBeGreaterThan(0);
    expect(held.size).toBe(0);
  });

  test('get the group that they are in when they are allocated, not the one of the scan', async () => {
    await bus.unplug(ADDRESSES[0], { seen: false });
    const earlier = bus.functions;
    await bus.plug(ADDRESSES[0], 77);
    bus.functions = earlier;
    const { containerResponses } = await kubelet
      .plugin(RESOURCE)
      .allocate({ containerRequests: [{ devicesIds: [ADDRESSES[0]] }] });
    expect(containerResponses[0]?.cdiDevices.map(({ name }) => name)).toContain('quickvirt.io/device=vfio-77');
  });

  test('that go leave the list, and come back to it', async () => {
    await bus.unplug(ADDRESSES[1], { seen: true });
    await allocatable(2);
    await bus.plug(ADDRESSES[1], 31);
    await allocatable(3);
  });

  test('that are bound to another driver are unhealthy while they are meant for vfio, and refused', async () => {
    const change = (driver: string | undefined) => {
      bus.functions = bus.functions.map((one) =>
        one.pciAddress === ADDRESSES[0] ? { ...one, driver, driverOverride: 'vfio-pci' } : one,
      );
      bus.scanned();
    };
    change(undefined);
    await allocatable(2);
    expect(kubelet.resources()[RESOURCE]?.capacity).toBe(3);
    const refused = kubelet.plugin(RESOURCE).allocate({ containerRequests: [{ devicesIds: [ADDRESSES[0]] }] });
    await expect(refused).rejects.toThrow(/BindFailed/);
    change('vfio-pci');
    await allocatable(3);
  });

  test('of one IOMMU group go to one pod', async () => {
    bus.functions = bus.functions.map((one) => (one.pciAddress === ADDRESSES[2] ? one : { ...one, iommuGroup: 20 }));
    bus.scanned();
    await settle(() => expect(plugins.pools()[0]?.functions[0]?.groupMembers).toEqual([ADDRESSES[1]]));
    await kubelet.plugin(RESOURCE).allocate({ containerRequests: [{ devicesIds: [ADDRESSES[0]] }] });
    const second = kubelet.plugin(RESOURCE).allocate({ containerRequests: [{ devicesIds: [ADDRESSES[1]] }] });
    await expect(second).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' });
    await allocatable(2);
    held.clear();
    plugins.changed();
    await allocatable(3);
  });

  test('follow the KubeVirt CR: a name that is no longer permitted has none left', async () => {
    permitted = [{ pciVendorSelector: '1b36:0010', resourceName: 'example.com/other' }];
    plugins.changed();
    await allocatable(0);
    await kubelet.until(() => kubelet.resources()['example.com/other']?.allocatable === 3);
  });

  test('are registered again after a restart of the kubelet, and a pod keeps what it has', async () => {
    const got = await kubelet.allocate(pod('a'), 'compute', { [RESOURCE]: 1 });
    await kubelet.restart();
    await allocatable(3);
    expect(await kubelet.allocate(pod('a'), 'compute', { [RESOURCE]: 1 })).toEqual(got);
    const other = await kubelet.allocate(pod('b'), 'compute', { [RESOURCE]: 2 });
    expect(other.deviceIds[RESOURCE]).not.toContain(got.deviceIds[RESOURCE]?.[0]);
  });
});
