import { createServer } from 'node:net';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Sysfs } from '@quickvirt/host';
import { add4xxx, addC62x, addStandIn, FakeSysfs, type FakeSysfsOptions } from '@quickvirt/testing';
import { gatherFacts, readFunction } from './gather-facts.ts';

let fake: FakeSysfs;
afterEach(() => fake.remove());

async function gather() {
  const plugins = join(fake.root, '../device-plugins');
  await mkdir(plugins, { recursive: true });
  return gatherFacts({
    sysfs: new Sysfs(fake.root),
    devices: new Sysfs(fake.devices),
    pluginDirectory: new Sysfs(plugins),
  });
}

const machine = async (options?: FakeSysfsOptions) => (fake = await FakeSysfs.create(options));
const makeAll = (address: string, count: number) =>
  fake.write(join(fake.root, `bus/pci/devices/${address}/sriov_numvfs`), String(count));

describe('facts of a node', () => {
  test('a C62x that nobody touched', async () => {
    await addC62x(await machine());
    const facts = await gather();
    expect(facts.functions.map(({ pciAddress }) => pciAddress)).toEqual([
      '0000:3d:00.0',
      '0000:3f:00.0',
      '0000:da:00.0',
    ]);
    expect(facts.functions[2]).toEqual({
      pciAddress: '0000:da:00.0',
      vendorDevice: '8086:37c8',
      class: '0b4000',
      driver: 'c6xx',
      iommuGroup: 32,
      numaNode: 1,
      sriov: {
        totalVfs: 16,
        numVfs: 0,
        offset: 8,
        stride: 1,
        vfDevice: '37c9',
        driversAutoprobe: true,
        virtualFunctions: [],
      },
      heartbeat: { status: 0, queriesSent: 7, queriesFailed: 0 },
    });
    expect(facts).toMatchObject({
      iommuEnabled: true,
      drivers: ['c6xx', 'c6xxvf', 'vfio-pci'],
      vfioDenylistDisabled: false,
      foreignPlugins: [],
      vfioNodes: ['vfio'],
    });
  });

  test('virtual functions in the order of their index, and where the kernel puts them', async () => {
    await addC62x(await machine());
    await makeAll('0000:3d:00.0', 16);
    const facts = await gather();
    const made = facts.functions[0]?.sriov?.virtualFunctions;
    expect(made?.slice(8, 12)).toEqual(['0000:3d:02.0', '0000:3d:02.1', '0000:3d:02.2', '0000:3d:02.3']);
    expect(facts.functions.find(({ pciAddress }) => pciAddress === '0000:3d:02.2')).toEqual({
      pciAddress: '0000:3d:02.2',
      vendorDevice: '8086:37c9',
      class: '0b4000',
      driver: 'c6xxvf',
      iommuGroup: 60,
      numaNode: 0,
      physicalFunction: '0000:3d:00.0',
    });
  });

  test('48 and 32 virtual functions come in the order of numbers', async () => {
    await addStandIn(await machine());
    await makeAll('0000:3d:00.0', 32);
    await makeAll('0000:b1:00.0', 16);
    const { functions } = await gather();
    const virtual = functions.filter(({ physicalFunction }) => physicalFunction !== undefined);
    expect(virtual).toHaveLength(48);
    expect([virtual[0]?.pciAddress, virtual[31]?.pciAddress, virtual[47]?.pciAddress]).toEqual([
      '0000:3d:00.1',
      '0000:3d:04.0',
      '0000:b1:02.0',
    ]);
  });

  test('attributes, errors and telemetry of a 4xxx', async () => {
    await add4xxx(await machine());
    await fake.setTelemetry('0000:6b:00.0', 1);
    await fake.set('0000:6b:00.0', 'qat_ras/errors_fatal', '2');
    await fake.setHeartbeat('0000:6b:00.0', -1);
    expect(await readFunction(new Sysfs(fake.root), '0000:6b:00.0')).toMatchObject({
      qat: { state: 'up', configuredServices: 'sym;asym', autoReset: false },
      ras: { correctable: 0, nonfatal: 0, fatal: 2 },
      heartbeat: { status: -1, queriesSent: 7, queriesFailed: 0 },
      telemetry: { sample_cnt: 12, util_cpr0: 34, bw_in: 5 },
    });
  });

  test('a machine without IOMMU and without vfio', async () => {
    await addC62x(await machine({ iommu: false, vfio: 'absent' }));
    const facts = await gather();
    expect(facts).toMatchObject({ iommuEnabled: false, vfioNodes: [], vfioDenylistDisabled: undefined });
    expect(facts.functions[0]).not.toHaveProperty('iommuGroup');
    expect(facts.drivers).not.toContain('vfio-pci');
  });

  test('no NUMA node where the firmware says none, and another PCI domain', async () => {
    await machine();
    await fake.addFunction({
      address: '0001:04:00.0',
      parents: ['pci0001:00'],
      id: '8086:4941',
      numaNode: -1,
      group: 7,
    });
    const facts = await gather();
    expect(facts.functions).toEqual([
      { pciAddress: '0001:04:00.0', vendorDevice: '8086:4941', class: '0b4000', iommuGroup: 7 },
    ]);
  });

  test('another plugin counts while it listens; its leftover socket does not', async () => {
    await machine();
    const plugins = join(fake.root, '../device-plugins');
    await mkdir(plugins);
    await writeFile(join(plugins, 'qat.intel.com-generic.sock'), '');
    const server = createServer().listen(join(plugins, 'qat.intel.com-sym-dc.sock'));
    await new Promise((resolve) => server.once('listening', resolve));
    expect((await gather()).foreignPlugins).toEqual(['qat.intel.com-sym-dc.sock']);
    await new Promise((resolve) => server.close(resolve));
  });

  test('a function that is gone is no fact', async () => {
    await machine();
    expect(await readFunction(new Sysfs(fake.root), '0000:00:01.0')).toBeUndefined();
  });
});
