import assert from 'node:assert/strict';
import { eventually } from './settle.ts';

/** What a container sees of the functions that it was given. */
export interface ContractContainer {
  env: Readonly<Record<string, string>>;
  /** Device nodes below /dev/vfio, as paths in the container. */
  nodes: readonly string[];
}

/**
 * A kubelet, real or not, and a node of it whose QAT functions virt-handler offers. Functions and pods are the contract's
 * own: nobody else uses them meanwhile.
 */
export interface ContractWorld {
  /** Name of the resource. */
  readonly resourceName: string;
  /** A function of the resource that may be pulled out. */
  readonly spare: string;
  /** What the node's status says. */
  quantities(): Promise<{ capacity: number; allocatable: number }>;
  /** Has a pod admitted, with so many functions for each container. @throws when it is refused. */
  startPod(name: string, containers: Readonly<Record<string, number>>): Promise<Record<string, ContractContainer>>;
  endPod(name: string): Promise<void>;
  /** Addresses that the kubelet says a pod holds. */
  held(name: string): Promise<string[]>;
  restartKubelet(): Promise<void>;
  /** Takes the spare function out of the machine, and puts it back into another IOMMU group. */
  pullOut(): Promise<void>;
  putBack(): Promise<void>;
  /** How long the node may take to tell of a change. */
  readonly patienceMs: number;
}

/** One thing that device plugins of QAT functions and a kubelet promise each other. Leaves the world as it was. */
export interface ContractCase {
  readonly name: string;
  readonly run: (world: ContractWorld) => Promise<void>;
}

const variableOf = (world: ContractWorld): string =>
  `PCI_RESOURCE_${world.resourceName.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;

const addressesOf = (world: ContractWorld, container: ContractContainer | undefined): string[] =>
  (container?.env[variableOf(world)] ?? '').split(',').filter(Boolean);

/** Resolves once the node offers so many. */
async function untilOffered(world: ContractWorld, allocatable: number): Promise<void> {
  await eventually(
    async () => {
      const now = await world.quantities();
      assert.equal(now.allocatable, allocatable);
      return true;
    },
    { timeoutMs: world.patienceMs, intervalMs: 100 },
  );
}

/** Checks what one container got against what it asked for. Returns its addresses. */
function check(world: ContractWorld, container: ContractContainer | undefined, count: number): string[] {
  const addresses = addressesOf(world, container);
  assert.equal(new Set(addresses).size, count, `${count} addresses in ${variableOf(world)}`);
  const intel = Object.entries(container?.env ?? {}).filter(([name]) => /^QAT\d+$/.test(name));
  assert.deepEqual(Object.fromEntries(intel), Object.fromEntries(addresses.map((at, index) => [`QAT${index}`, at])));
  const nodes = container?.nodes ?? [];
  assert.ok(nodes.includes('/dev/vfio/vfio'), 'the control node of vfio');
  assert.equal(nodes.length, count + 1, `a node for each group in ${nodes.join(' ')}`);
  return addresses;
}

/** The contract: the same for the kubelet that tests play and for a real one. */
export const devicePluginContract: readonly ContractCase[] = [
  {
    name: 'functions are offered, and a pod gets what it asks for',
    async run(world) {
      const { allocatable: before } = await world.quantities();
      assert.ok(before > 2, `${before} functions are offered`);
      const { main } = await world.startPod('one', { main: 2 });
      const addresses = check(world, main, 2);
      assert.deepEqual((await world.held('one')).toSorted(), addresses.toSorted());
      await world.endPod('one');
    },
  },
  {
    name: 'each container of a pod gets functions of its own, counted from 0',
    async run(world) {
      const containers = await world.startPod('two', { first: 1, second: 2 });
      const all = [...check(world, containers['first'], 1), ...check(world, containers['second'], 2)];
      assert.equal(new Set(all).size, 3, `no function twice in ${all.join(' ')}`);
      await world.endPod('two');
    },
  },
  {
    name: 'no pod gets more than there is',
    async run(world) {
      const { allocatable } = await world.quantities();
      await assert.rejects(world.startPod('greedy', { main: allocatable + 1 }));
      await world.endPod('greedy');
    },
  },
  {
    name: 'a kubelet that starts anew hears of all functions again, and a pod keeps its own',
    async run(world) {
      const { allocatable } = await world.quantities();
      const { main } = await world.startPod('stays', { main: 1 });
      const [address = ''] = check(world, main, 1);
      await world.restartKubelet();
      await untilOffered(world, allocatable);
      assert.deepEqual(await world.held('stays'), [address]);
      const { main: other } = await world.startPod('comes', { main: 1 });
      assert.ok(!check(world, other, 1).includes(address), `${address} is the first pod's`);
      await world.endPod('comes');
      await world.endPod('stays');
    },
  },
  {
    name: 'a function that is pulled out is no longer offered, and is again when it is back, in another group',
    async run(world) {
      const { allocatable } = await world.quantities();
      await world.pullOut();
      await untilOffered(world, allocatable - 1);
      const { main } = await world.startPod('rest', { main: allocatable - 1 });
      assert.ok(!check(world, main, allocatable - 1).includes(world.spare), `${world.spare} is not there`);
      await world.endPod('rest');
      await world.putBack();
      await untilOffered(world, allocatable);
    },
  },
];
