import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { QatConfiguration } from '@quickvirt/api';
import { add4xxx, addC62x, addStandIn, type FakePhysicalFunction, type FakeSysfsOptions } from '@quickvirt/testing';
import { FakeNode } from '../testing/fake-node.ts';

// Machines of many files, on runners that are busy.
jest.setTimeout(30_000);

let node: FakeNode;
afterEach(() => node.remove());

async function nodeWith(add: (node: FakeNode) => Promise<void>, options?: FakeSysfsOptions): Promise<FakeNode> {
  node = await FakeNode.create(options);
  await add(node);
  return node;
}

/** A 4xxx of four, so that many lives of it can be played. */
const small: FakePhysicalFunction = {
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
const PF = small.address;
const VF = '0000:6b:00.1';
const addSmall = (to: FakeNode) => to.fake.addPhysicalFunction(small);
const symDc: QatConfiguration = { physicalFunctions: [{ services: ['sym', 'dc'] }] };

describe('from a bare card to functions for guests', () => {
  test('4xxx: nothing is said, all is done, and a restart does nothing', async () => {
    await nodeWith((to) => add4xxx(to.fake));
    await node.start();
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 16, 'qat.intel.com/dc': 16 });
    expect(node.findings()).toEqual([]);
    expect(node.takeWrites().slice(0, 4)).toEqual([
      'bus/pci/devices/0000:6b:00.0/sriov_drivers_autoprobe=0',
      'bus/pci/devices/0000:6b:00.0/sriov_numvfs=16',
      'bus/pci/devices/0000:e8:00.0/sriov_drivers_autoprobe=0',
      'bus/pci/devices/0000:e8:00.0/sriov_numvfs=16',
    ]);
    await node.start();
    expect(node.takeWrites()).toEqual([]);
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 16, 'qat.intel.com/dc': 16 });
  });

  test('C62x, 3 x 16: with consent, by loading vfio-pci with its denylist off', async () => {
    await nodeWith((to) => addC62x(to.fake), { vfio: 'absent' });
    node.qat = { denylistConsent: ['c62x'] };
    await node.start();
    expect(node.modprobes).toEqual(['vfio-pci disable_denylist=1']);
    expect(node.usable()).toEqual({ 'qat.intel.com/generic': 48 });
    expect(node.findings()).toEqual([
      'QatDenylisted 0000:3d:00.0',
      'QatDenylisted 0000:3f:00.0',
      'QatDenylisted 0000:da:00.0',
    ]);
    expect(node.inventory.inventory().findings.every(({ severity }) => severity === 'warning')).toBe(true);
  });

  test('vfio-pci with its denylist is loaded anew while it holds nothing', async () => {
    await nodeWith((to) => addC62x(to.fake), { vfio: 'denylist' });
    node.qat = { denylistConsent: ['c62x'] };
    await node.start();
    expect(node.modprobes).toEqual(['-r vfio-pci', 'vfio-pci disable_denylist=1']);
    expect(node.usable()).toEqual({ 'qat.intel.com/generic': 48 });
  });

  test('a stand-in by configuration: one id for both, services by its family, 32 and 16', async () => {
    await nodeWith((to) => addStandIn(to.fake));
    node.qat = {
      resourcePrefix: 'qat.example.org',
      extraDevices: [
        {
          family: 'stand-in',
          generation: 4,
          physicalFunction: '8086:5845',
          virtualFunction: '8086:5845',
          physicalFunctionDrivers: ['nvme'],
          services: ['dc', 'sym'],
        },
      ],
    };
    await node.start();
    expect(node.usable()).toEqual({ 'qat.example.org/sym-dc': 48 });
    const { virtualFunctions } = node.inventory.inventory();
    expect(virtualFunctions.map(({ index }) => index).slice(9, 11)).toEqual([9, 10]);
    expect(node.inventory.functionByAddress('0000:3d:02.2')).toMatchObject({ driver: 'vfio-pci', numaNode: 0 });
  });

  test('virtual functions that the kernel gave to its own driver are taken from it', async () => {
    await nodeWith(addSmall);
    await node.fake.write(`${node.fake.root}/bus/pci/devices/${PF}/sriov_numvfs`, '4');
    node.takeWrites();
    await node.start();
    expect(node.takeWrites().slice(0, 3)).toEqual([
      `bus/pci/devices/${VF}/driver_override=vfio-pci`,
      `bus/pci/drivers/4xxxvf/unbind=${VF}`,
      `bus/pci/drivers_probe=${VF}`,
    ]);
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
  });

  test('qat_vfio_pci where it is wanted; where vfio-pci is, what has qat_vfio_pci keeps it', async () => {
    await nodeWith(addSmall, { variants: ['qat_vfio_pci'] });
    node.qat = { driver: 'qat_vfio_pci' };
    await node.start();
    expect(node.inventory.functionByAddress(VF)?.driver).toBe('qat_vfio_pci');
    node.takeWrites();
    node.qat = {};
    await node.start();
    expect(node.takeWrites()).toEqual([]);
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
  });

  test('in a nested machine there is no physical function', async () => {
    await nodeWith((to) =>
      to.fake.addFunction({
        address: '0000:00:05.0',
        parents: ['pci0000:00'],
        id: '8086:4941',
        group: 2,
        numaNode: -1,
      }),
    );
    await node.start();
    expect(node.usable()).toEqual({ 'qat.intel.com/generic': 1 });
    expect(node.inventory.inventory().virtualFunctions[0]).toMatchObject({ driver: 'vfio-pci' });
  });

  test('another PCI domain, and one card for us, the other not', async () => {
    await nodeWith(async (to) => {
      await to.fake.addPhysicalFunction({ ...small, address: '0001:6b:00.0', parents: ['pci0001:6b'] });
      await to.fake.addPhysicalFunction({ ...small, address: '0000:6b:00.0', group: 41, vfGroup: 120 });
    });
    node.qat = { physicalFunctions: [{ addresses: ['0000:6b:00.0'], managed: false }] };
    await node.start();
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
    expect(node.inventory.inventory().virtualFunctions.map(({ pciAddress }) => pciAddress)[0]).toBe('0001:6b:00.1');
    expect(node.fake.writes.filter((write) => write.includes('0000:6b'))).toEqual([]);
  });

  test('rules by node, generation and family; user names by services and by id', async () => {
    await nodeWith((to) => add4xxx(to.fake));
    node.nodeLabels = { rack: 'a' };
    node.qat = {
      physicalFunctions: [
        { nodeSelector: { rack: 'b' }, managed: false },
        { generations: [2], managed: false },
        { families: ['4xxx'], addresses: ['0000:e8:00.0'], services: ['asym'] },
      ],
      resources: [{ services: ['asym'], resourceName: 'example.org/signing' }],
    };
    await node.start();
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 16, 'example.org/signing': 16 });
    node.pciHostDevices = [{ pciVendorSelector: '8086:4941', resourceName: 'intel.com/qat' }];
    await node.poll();
    expect(node.usable()).toEqual({});
  });

  test('nothing is touched while QAT is not looked after', async () => {
    await nodeWith(addSmall);
    node.qat = { enabled: false };
    await node.start();
    expect(node.takeWrites()).toEqual([]);
    expect(node.inventory.inventory().physicalFunctions[0]).toMatchObject({ managed: false });
  });
});

describe('services', () => {
  test('are changed while the card is down, without its virtual functions', async () => {
    await nodeWith(addSmall);
    await node.start();
    node.takeWrites();
    node.qat = symDc;
    await node.poll();
    expect(node.takeWrites().slice(0, 5)).toEqual([
      `bus/pci/devices/${PF}/sriov_numvfs=0`,
      `bus/pci/devices/${PF}/qat/state=down`,
      `bus/pci/devices/${PF}/qat/cfg_services=sym;dc`,
      `bus/pci/devices/${PF}/qat/state=up`,
      `bus/pci/devices/${PF}/sriov_numvfs=4`,
    ]);
    expect(node.usable()).toEqual({ 'qat.intel.com/sym-dc': 4 });
    expect(node.checkpoint.state.reconfiguring).toEqual([]);
  });

  test('wait until no pod holds one, by the kubelet or by our own record', async () => {
    await nodeWith(addSmall);
    await node.start();
    await node.allocations.record([VF]);
    node.takeWrites();
    node.qat = symDc;
    await node.poll();
    expect(node.takeWrites()).toEqual([]);
    expect(node.findings()).toEqual([`ServicesNotApplied ${PF}`]);
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
    // The record alone bars it no longer than the kubelet needs to list the pod; then its list does.
    node.listed = ['0000:6b:00.2'];
    await node.poll(60_000);
    expect(node.takeWrites()).toEqual([]);
    node.listed = [];
    await node.poll();
    expect(node.usable()).toEqual({ 'qat.intel.com/sym-dc': 4 });
  });

  test('wait while somebody has a group open that nobody recorded', async () => {
    await nodeWith(addSmall);
    await node.start();
    node.openGroups.add(111);
    node.takeWrites();
    node.qat = symDc;
    await node.poll();
    expect(node.takeWrites()).toEqual([]);
    node.openGroups.clear();
    await node.poll();
    expect(node.usable()).toEqual({ 'qat.intel.com/sym-dc': 4 });
  });

  test('are set again when somebody else changed them', async () => {
    await nodeWith(addSmall);
    node.qat = symDc;
    await node.start();
    await node.fake.set(PF, 'qat/cfg_services', 'dcc');
    await node.poll();
    expect(node.usable()).toEqual({ 'qat.intel.com/sym-dc': 4 });
  });

  test.each<[string, QatConfiguration, FakeSysfsOptions, Partial<FakePhysicalFunction>, string]>([
    ['an old kernel keeps the functions', symDc, { kernel: 'old' }, {}, `ServicesNotApplied ${PF} EINVAL`],
    [
      'a set that the card cannot',
      { physicalFunctions: [{ services: ['sym', 'asym', 'dc'] }] },
      {},
      {},
      `ServicesNotApplied ${PF}`,
    ],
    ['a driver without services', symDc, {}, { services: undefined }, `ServicesNotApplied ${PF}`],
  ])('%s', async (_, qat, options, more, finding) => {
    await nodeWith((to) => to.fake.addPhysicalFunction({ ...small, ...more }), options);
    await node.start();
    node.qat = qat;
    await node.poll();
    expect(node.findings()).toEqual([finding]);
    expect(Object.values(node.usable())).toEqual([4]);
  });
});

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
    await nodeWith(addSmall, options);
    node.qat = qat;
    await node.start();
    expect(node.findings()).toEqual(findings);
    expect(node.usable()).toEqual({});
  });

  test('a module that is not there is tried again ever more rarely', async () => {
    await nodeWith(addSmall, { vfio: 'absent' });
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
    await nodeWith((to) => addC62x(to.fake));
    await node.start();
    expect(node.findings()).toHaveLength(3);
    expect(node.findings()[0]).toBe('QatDenylisted 0000:3d:00.0');
    expect(node.takeWrites()).toEqual([]);
  });

  test('denylisted with consent, but vfio-pci is in use', async () => {
    await nodeWith(async (to) => {
      await addC62x(to.fake);
      await to.fake.addFunction({
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
    await nodeWith(async (to) => {
      await addSmall(to);
      await to.fake.addFunction({
        address: '0000:05:00.0',
        parents: ['pci0000:00'],
        id: '8086:100e',
        class: '020000',
        group: 111,
        driver: 'e1000',
      });
      await to.fake.addFunction({
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
    await nodeWith(async (to) => {
      await addSmall(to);
      await to.fake.addFunction({
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
    await nodeWith(addSmall);
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
    await nodeWith(addSmall);
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
    await nodeWith(addSmall);
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
    await nodeWith(addSmall);
    await node.start();
    await node.fake.rebind(VF, 'igb_uio');
    node.takeWrites();
    await node.poll();
    expect(node.findings()).toEqual([`ForeignOwner ${VF}`]);
    expect(node.takeWrites()).toEqual([]);
  });
});

describe('health that recovers', () => {
  test('heartbeat -1, then 0', async () => {
    await nodeWith(addSmall);
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
    await nodeWith(addSmall);
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
    await nodeWith(addSmall);
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
    await nodeWith(addSmall);
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

test('a node without anything of interest is only listed, until there is something', async () => {
  await nodeWith((to) =>
    to.fake.addFunction({ address: '0000:01:00.0', parents: ['pci0000:00'], id: '10de:1eb8', group: 9 }),
  );
  await node.start();
  await node.fake.rebind('0000:01:00.0', 'vfio-pci');
  await node.poll();
  expect(node.inventory.functionByAddress('0000:01:00.0')?.driver).toBeUndefined();
  node.pciHostDevices = [{ pciVendorSelector: '10DE:1EB8', resourceName: 'nvidia.com/T4' }];
  await node.poll();
  expect(node.inventory.functionByAddress('0000:01:00.0')?.driver).toBe('vfio-pci');
  await addSmall(node);
  await node.poll();
  expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
});

describe('what pods hold is never touched', () => {
  test('nothing is changed while the kubelet does not answer', async () => {
    await nodeWith(addSmall);
    node.listed = undefined;
    await node.start();
    expect(node.takeWrites()).toEqual([]);
    node.listed = [];
    await node.poll();
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
  });

  test('a held function that lost its driver is reported and left, also after a restart', async () => {
    await nodeWith(addSmall);
    await node.start();
    node.listed = [VF];
    await node.allocations.record([VF]);
    await node.fake.rebind(VF, undefined);
    node.takeWrites();
    await node.start();
    expect(node.takeWrites()).toEqual([]);
    expect(node.findings()).toEqual([`ForeignOwner ${VF}`]);
  });

  test('a card that is down stays so under the guests that hold it', async () => {
    await nodeWith(addSmall);
    node.qat = symDc;
    await node.start();
    node.listed = [VF];
    await node.allocations.record([VF]);
    await node.fake.set(PF, 'qat/state', 'down');
    node.takeWrites();
    await node.poll();
    expect(node.takeWrites()).toEqual([]);
    expect(node.findings()).toEqual([`QatPfDown ${PF}`]);
  });
});

describe('a crash between any two writes is repaired by the next run', () => {
  const scenarios: [string, QatConfiguration, (to: FakeNode) => Promise<void>][] = [
    ['a bare card', {}, () => Promise.resolve()],
    ['a change of services', symDc, (to) => to.start()],
    ['services of a bare card', symDc, () => Promise.resolve()],
  ];
  test.each(scenarios)(
    '%s',
    async (_, qat, prepare) => {
      let crashes = 0;
      for (let after = 0; ; after += 1) {
        await nodeWith((to) => to.fake.addPhysicalFunction({ ...small, totalVfs: 2 }));
        await prepare(node);
        node.qat = qat;
        node.takeWrites();
        let count = 0;
        node.fake.beforeWrite = () => {
          count += 1;
          if (count > after) throw Object.assign(new Error('crashed'), { code: 'EIO' });
        };
        await node.start();
        const hasCrashed = count > after;
        node.fake.beforeWrite = () => {};
        await node.start();
        expect(Object.entries(node.usable())).toEqual([
          [qat === symDc ? 'qat.intel.com/sym-dc' : 'qat.intel.com/cy', 2],
        ]);
        expect(node.checkpoint.state.reconfiguring).toEqual([]);
        expect(node.findings()).toEqual([]);
        if (!hasCrashed) break;
        crashes += 1;
        await node.remove();
      }
      expect(crashes).toBeGreaterThan(5);
    },
    60_000,
  );
});
