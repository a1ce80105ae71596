import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { QatConfiguration } from '@quickvirt/api';
import { addC62x, type FakeSysfsOptions } from '@quickvirt/testing';
import { FakeNode, smallCard } from '../testing/fake-node.ts';

// Machines of many files, on runners that are busy.
jest.setTimeout(30_000);

let node: FakeNode;
afterEach(() => node.remove());

const PF = smallCard.address;
const VF = '0000:6b:00.1';

describe('what keeps a card from guests is said', () => {
  test.each<[string, FakeSysfsOptions, QatConfiguration, string[]]>([
    ['no IOMMU', { iommu: false }, {}, ['IommuDisabled node']],
    [
      'no vfio-pci, and modules are not to be loaded',
      { vfio: 'absent' },
      { loadModules: false },
      ['VfioModuleMissing node'],
    ],
  ])('%s', async (_, options, qat, findings) => {
    node = await FakeNode.create(undefined, options);
    node.qat = qat;
    await node.start();
    expect(node.findings()).toEqual(findings);
    expect(node.usable()).toEqual({});
  });

  test('a module that is not there is tried again ever more rarely', async () => {
    node = await FakeNode.create(undefined, { vfio: 'absent' });
    node.missingModules.add('vfio-pci');
    await node.start();
    expect(node.findings()).toEqual(['VfioModuleMissing node']);
    for (let poll = 0; poll < 20; poll += 1) await node.poll();
    expect(node.modprobes.length).toBeLessThan(6);
    node.missingModules.clear();
    await node.poll(600_000);
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
    expect(node.findings()).toEqual([]);
  });

  test('denylisted without consent: nothing is written', async () => {
    node = await FakeNode.create((fake) => addC62x(fake));
    await node.start();
    expect(node.findings()).toHaveLength(3);
    expect(node.findings()[0]).toBe('QatDenylisted 0000:3d:00.0');
    expect(node.takeWrites()).toEqual([]);
  });

  test('denylisted with consent, but vfio-pci is in use', async () => {
    node = await FakeNode.create(async (fake) => {
      await addC62x(fake);
      await fake.addFunction({
        address: '0000:01:00.0',
        parents: ['pci0000:00'],
        id: '10de:1eb8',
        group: 9,
        driver: 'vfio-pci',
      });
    });
    node.qat = { denylistConsent: ['c62x'] };
    await node.start();
    expect(node.modprobes).toEqual([]);
    expect(node.inventory.inventory().virtualFunctions[0]?.findings).toContainEqual(
      expect.objectContaining({
        code: 'QatDenylisted',
        severity: 'error',
        remedy: expect.stringContaining('disable_denylist=1'),
      }),
    );
    expect(node.usable()).toEqual({});
  });

  test('a group that is shared with what the host uses; bridges do not count', async () => {
    node = await FakeNode.create(async (fake) => {
      await fake.addPhysicalFunction(smallCard);
      await fake.addFunction({
        address: '0000:05:00.0',
        parents: ['pci0000:00'],
        id: '8086:100e',
        class: '020000',
        group: 111,
        driver: 'e1000',
      });
      await fake.addFunction({
        address: '0000:00:1c.0',
        parents: ['pci0000:00'],
        id: '8086:0001',
        class: '060400',
        group: 110,
        driver: 'pcieport',
      });
    });
    await node.start();
    expect(node.findings()).toEqual(['GroupNotViable 0000:6b:00.2']);
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 3 });
    await node.fake.rebind('0000:05:00.0', undefined);
    await node.poll();
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
  });

  test('a group that another guest has', async () => {
    node = await FakeNode.create(async (fake) => {
      await fake.addPhysicalFunction(smallCard);
      await fake.addFunction({
        address: '0000:05:00.0',
        parents: ['pci0000:00'],
        id: '10de:1eb8',
        group: 111,
        driver: 'vfio-pci',
      });
    });
    await node.start();
    node.listed = ['0000:05:00.0'];
    await node.allocations.refresh();
    await node.poll();
    expect(node.findings()).toEqual(['GroupInUse 0000:6b:00.2']);
  });

  test('a card without driver, and one that somebody took down', async () => {
    node = await FakeNode.create();
    await node.fake.set(PF, 'qat/state', 'down');
    await node.start();
    expect(node.findings()).toEqual([`QatPfDown ${PF}`]);
    expect(node.takeWrites()).toEqual([]);
    await node.fake.rebind(PF, undefined);
    await node.poll();
    expect(node.findings()).toEqual([`QatPfDown ${PF}`]);
    await node.fake.rebind(PF, '4xxx');
    await node.fake.set(PF, 'qat/state', 'up');
    await node.poll();
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
  });

  test.each([
    ['EBUSY', `VfCreateFailed ${PF} EBUSY`],
    ['ENOSPC', `VfCreateFailed ${PF} ENOSPC`],
    ['EROFS', `VfCreateFailed ${PF} EROFS`],
  ])('the kernel refuses to make functions: %s', async (code, finding) => {
    node = await FakeNode.create();
    node.fake.beforeWrite = (path) => {
      if (path.endsWith('sriov_numvfs')) throw Object.assign(new Error(code), { code });
    };
    await node.start();
    expect(node.findings()).toEqual([finding]);
    node.fake.beforeWrite = () => {};
    await node.poll(600_000);
    expect(node.findings()).toEqual([]);
  });

  test('a probe that fails is seen by the missing link, and not tried at each poll', async () => {
    node = await FakeNode.create();
    node.fake.beforeWrite = (path, value) => {
      if (path === 'bus/pci/drivers_probe' && value === VF)
        throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
    };
    await node.start();
    expect(node.findings()).toEqual([`BindFailed ${VF} EINVAL`]);
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 3 });
    node.takeWrites();
    await node.poll();
    expect(node.takeWrites()).toEqual([]);
  });

  test('what another driver has stays with it', async () => {
    node = await FakeNode.create();
    await node.start();
    await node.fake.rebind(VF, 'igb_uio');
    node.takeWrites();
    await node.poll();
    expect(node.findings()).toEqual([`ForeignOwner ${VF}`]);
    expect(node.takeWrites()).toEqual([]);
  });
});

test("Intel's plugin on the node: nothing is touched, unless another prefix says that they share it", async () => {
  node = await FakeNode.create();
  const plugin = createServer().listen(join(node.directory, 'device-plugins/qat.intel.com-cy.sock'));
  await once(plugin, 'listening');
  await node.start();
  expect(node.findings()).toEqual(['ForeignOwner node']);
  expect(node.takeWrites()).toEqual([]);
  node.qat = { resourcePrefix: 'qat.example.org' };
  await node.poll();
  expect(node.findings()).toEqual(['ForeignOwner node']);
  expect(node.usable()).toEqual({ 'qat.example.org/cy': 4 });
  plugin.close();
  await once(plugin, 'close');
  await node.poll();
  expect(node.findings()).toEqual([]);
});

describe('health that recovers', () => {
  test('heartbeat -1, then 0', async () => {
    node = await FakeNode.create();
    await node.start();
    await node.fake.setHeartbeat(PF, -1);
    await node.poll();
    expect(node.findings()).toEqual([`HeartbeatLost ${PF}`]);
    expect(node.usable()).toEqual({});
    await node.fake.setHeartbeat(PF, 0);
    await node.poll();
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
  });

  test('fatal errors: those of the past count for nothing, a restart heals nothing, a reset of the counters does', async () => {
    node = await FakeNode.create();
    await node.fake.set(PF, 'qat_ras/errors_fatal', '3');
    await node.start();
    expect(node.findings()).toEqual([]);
    await node.fake.set(PF, 'qat_ras/errors_fatal', '4');
    await node.start();
    expect(node.findings()).toEqual([`FatalErrors ${PF}`]);
    await node.fake.set(PF, 'qat_ras/errors_fatal', '0');
    await node.poll();
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
  });

  test('a function that vanishes and comes back in another group is bound again', async () => {
    node = await FakeNode.create();
    await node.start();
    await node.fake.vanish(VF);
    await node.poll();
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 3 });
    await node.fake.returnVirtual(PF, 0, 200);
    await node.poll();
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
    expect(node.inventory.functionByAddress(VF)?.iommuGroup).toBe(200);
  });

  test('listeners hear of changes, and of nothing else', async () => {
    node = await FakeNode.create();
    await node.start();
    let calls = 0;
    node.inventory.onChange(() => (calls += 1));
    await node.poll();
    expect(calls).toBe(0);
    await node.fake.rebind(VF, undefined);
    await node.poll();
    expect(calls).toBe(1);
  });
});
