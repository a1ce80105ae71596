import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { QatConfiguration } from '@quickvirt/api';
import { type FakePhysicalFunction, type FakeSysfsOptions } from '@quickvirt/testing';
import { FakeNode, smallCard } from '../testing/fake-node.ts';

// Machines of many files, on runners that are busy.
jest.setTimeout(30_000);

let node: FakeNode;
afterEach(() => node.remove());

const PF = smallCard.address;
const VF = '0000:6b:00.1';
const symDc: QatConfiguration = { physicalFunctions: [{ services: ['sym', 'dc'] }] };

describe('services', () => {
  test('are changed while the card is down, without its virtual functions', async () => {
    node = await FakeNode.create();
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
    node = await FakeNode.create();
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
    node = await FakeNode.create();
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
    node = await FakeNode.create();
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
    node = await FakeNode.create((fake) => fake.addPhysicalFunction({ ...smallCard, ...more }), options);
    await node.start();
    node.qat = qat;
    await node.poll();
    expect(node.findings()).toEqual([finding]);
    expect(Object.values(node.usable())).toEqual([4]);
  });
});

describe('what pods hold is never touched', () => {
  test('nothing is changed while the kubelet does not answer', async () => {
    node = await FakeNode.create();
    node.listed = undefined;
    await node.start();
    expect(node.takeWrites()).toEqual([]);
    node.listed = [];
    await node.poll();
    expect(node.usable()).toEqual({ 'qat.intel.com/cy': 4 });
  });

  test('a held function that lost its driver is reported and left, also after a restart', async () => {
    node = await FakeNode.create();
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
    node = await FakeNode.create();
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
        node = await FakeNode.create((fake) => fake.addPhysicalFunction({ ...smallCard, totalVfs: 2 }));
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
