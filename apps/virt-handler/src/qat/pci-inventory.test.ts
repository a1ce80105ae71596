import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { add4xxx, addC62x, addStandIn, type FakeSysfsOptions } from '@quickvirt/testing';
import type { QatConfiguration } from '@quickvirt/api';
import { emptyMemory, planNode, predictFacts, predictRounds, type PciFunction } from '@quickvirt/qat';
import { FakeNode, smallCard } from '../testing/fake-node.ts';
import { gatherFacts } from './gather-facts.ts';

// Machines of many files, on runners that are busy.
jest.setTimeout(30_000);

let node: FakeNode;
afterEach(() => node.remove());

const PF = smallCard.address;
const VF = '0000:6b:00.1';

describe('from a bare card to functions for guests', () => {
  test('4xxx: nothing is said, all is done, and a restart does nothing', async () => {
    node = await FakeNode.create((fake) => add4xxx(fake));
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
    node = await FakeNode.create((fake) => addC62x(fake), { vfio: 'absent' });
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
    node = await FakeNode.create((fake) => addC62x(fake), { vfio: 'denylist' });
    node.qat = { denylistConsent: ['c62x'] };
    await node.start();
    expect(node.modprobes).toEqual(['-r vfio-pci', 'vfio-pci disable_denylist=1']);
    expect(node.usable()).toEqual({ 'qat.intel.com/generic': 48 });
  });

  test('a stand-in by configuration: one id for both, services by its family, 32 and 16', async () => {
    node = await FakeNode.create((fake) => addStandIn(fake));
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
    node = await FakeNode.create();
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
    node = await FakeNode.create(undefined, { variants: ['qat_vfio_pci'] });
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
    node = await FakeNode.create((fake) =>
      fake.addFunction({
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
    node = await FakeNode.create(async (fake) => {
      await fake.addPhysicalFunction({ ...smallCard, address: '0001:6b:00.0', parents: ['pci0001:6b'] });
      await fake.addPhysicalFunction({ ...smallCard, address: '0000:6b:00.0', group: 41, vfGroup: 120 });
    });
    node.qat = { physicalFunctions: [{ addresses: ['0000:6b:00.0'], managed: false }] };
    await node.start();
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
    expect(node.inventory.inventory().virtualFunctions.map(({ pciAddress }) => pciAddress)[0]).toBe('0001:6b:00.1');
    expect(node.fake.writes.filter((write) => write.includes('0000:6b'))).toEqual([]);
  });

  test('rules by node, generation and family; user names by services and by id', async () => {
    node = await FakeNode.create((fake) => add4xxx(fake));
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
    node = await FakeNode.create();
    node.qat = { enabled: false };
    await node.start();
    expect(node.takeWrites()).toEqual([]);
    expect(node.inventory.inventory().physicalFunctions[0]).toMatchObject({ managed: false });
  });
});

test('a node without anything of interest is only listed, until there is something', async () => {
  node = await FakeNode.create((fake) =>
    fake.addFunction({ address: '0000:01:00.0', parents: ['pci0000:00'], id: '10de:1eb8', group: 9 }),
  );
  await node.start();
  await node.fake.rebind('0000:01:00.0', 'vfio-pci');
  await node.poll();
  expect(node.inventory.functionByAddress('0000:01:00.0')?.driver).toBeUndefined();
  node.pciHostDevices = [{ pciVendorSelector: '10DE:1EB8', resourceName: 'nvidia.com/T4' }];
  await node.poll();
  expect(node.inventory.functionByAddress('0000:01:00.0')?.driver).toBe('vfio-pci');
  await node.fake.addPhysicalFunction(smallCard);
  await node.poll();
  expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
});

test.each<[string, QatConfiguration, FakeSysfsOptions]>([
  ['a bare card', {}, {}],
  ['a card with other services', { physicalFunctions: [{ services: ['dc'] }] }, { vfio: 'absent' }],
])('what is foretold for --dry-run is what is written, and what it leads to: %s', async (_, qat, options) => {
  node = await FakeNode.create(undefined, options);
  node.qat = qat;
  const settings = node.settings();
  const before = await gatherFacts(node.sources());
  const rounds = predictRounds(before, (facts) => planNode(facts, settings, emptyMemory));
  const steps = rounds.flat().flatMap((plan) => plan.steps);
  await node.start();
  expect(node.takeWrites()).toEqual(
    steps.flatMap((step) => (step.kind === 'write' ? [`${step.path}=${step.value}`] : [])),
  );
  const after = predictFacts(before, steps);
  const essence = (functions: readonly PciFunction[]) =>
    functions.map(({ pciAddress, driver, driverOverride, physicalFunction, qat: attributes, sriov, telemetryOn }) => [
      pciAddress,
      driver,
      driverOverride,
      physicalFunction,
      attributes?.state,
      attributes?.configuredServices,
      sriov,
      telemetryOn,
    ]);
  expect(essence(node.inventory.facts().functions)).toEqual(essence(after.functions));
});
