import { describe, expect, test } from '@jest/globals';
import { DeviceOwnership } from './device-ownership.ts';
import { FakeHolds, FakeSource, virtualFunction } from './testing/fake-node.ts';

const [first, second] = ['0000:3d:01.0', '0000:3d:01.1'] as const;

function ownershipOf(...functions: ReturnType<typeof virtualFunction>[]) {
  const source = new FakeSource(functions);
  const holds = new FakeHolds();
  const ownership = new DeviceOwnership({
    functions: () => source.inventory().virtualFunctions,
    holders: () => holds.holders(),
  });
  let changes = 0;
  ownership.onChange(() => changes++);
  return { source, holds, ownership, changes: () => changes };
}

const published = (ownership: DeviceOwnership) => ownership.draFunctions().map(({ pciAddress }) => pciAddress);

describe('DeviceOwnership', () => {
  test('gives a function to nobody before it is known what an earlier virt-handler published, but for one in use', async () => {
    const { holds, ownership } = ownershipOf(
      virtualFunction(0, { offer: 'DevicePlugin' }),
      virtualFunction(1, { offer: 'DevicePlugin' }),
    );
    holds.held.set(second, 'device-plugin');
    await ownership.refresh();
    expect([first, second].map((address) => ownership.devicePluginMayOffer(address))).toEqual([false, true]);
    ownership.draPublishes([]);
    await ownership.refresh();
    expect(ownership.devicePluginMayOffer(first)).toBe(true);
  });

  test('leaves to device plugins what is no QAT function', () => {
    const { ownership } = ownershipOf(virtualFunction(0));
    expect(ownership.devicePluginMayOffer('0000:01:00.0')).toBe(true);
    expect(ownership.devicePluginMayOffer(first)).toBe(false);
  });

  test('publishes no function that cannot be given: it does not work, or its group is in use', async () => {
    const { source, holds, ownership } = ownershipOf(
      virtualFunction(0, { groupMembers: [second] }),
      virtualFunction(1, { groupMembers: [first] }),
    );
    ownership.draPublishes([]);
    await ownership.refresh();
    expect(published(ownership)).toEqual([first, second]);
    await holds.holdForClaim('c', [second]);
    await ownership.refresh();
    expect(published(ownership)).toEqual([second]);
    source.set([virtualFunction(0), virtualFunction(1, { usable: false })]);
    await ownership.refresh();
    expect(published(ownership)).toEqual([first]);
  });

  test('tells of a change once', async () => {
    const { ownership, changes, holds } = ownershipOf(virtualFunction(0));
    ownership.draPublishes([]);
    await ownership.refresh();
    const before = changes();
    await ownership.refresh();
    expect(changes()).toBe(before);
    await holds.holdForClaim('c', [first]);
    await ownership.refresh();
    expect(changes()).toBe(before + 1);
  });
});
