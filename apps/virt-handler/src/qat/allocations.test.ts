import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Logger } from '@quickvirt/telemetry';
import { FakeClock } from '@quickvirt/testing';
import { Allocations } from './allocations.ts';
import { Checkpoint } from './checkpoint.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const A = '0000:6b:00.1';
const B = '0000:6b:00.2';

let directory: string;
let clock: FakeClock;
/** Device ids that the kubelet lists; undefined while it does not answer. */
let listed: string[] | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'allocations-'));
  clock = new FakeClock();
  listed = [];
});
afterEach(() => rm(directory, { recursive: true }));

/** A life of virt-handler. */
async function begin(): Promise<Allocations> {
  const list = () => {
    if (listed === undefined) return Promise.reject(new Error('the kubelet is away'));
    const devices = [{ resourceName: 'qat.intel.com/cy', deviceIds: listed }];
    const containers = [{ name: 'compute', devices, cpuIds: [], dynamicResources: [] }];
    return Promise.resolve({ podResources: [{ name: 'pod', namespace: 'default', containers }] });
  };
  const checkpoint = await Checkpoint.open(join(directory, 'state'));
  return new Allocations({ checkpoint, podResources: { list }, logger: silent, clock });
}

const held = (allocations: Allocations) => [...allocations.held()].toSorted();

describe('what was handed out', () => {
  test('is held at once, and after a restart', async () => {
    await (await begin()).record([A]);
    expect(held(await begin())).toEqual([A]);
    expect((await stat(join(directory, 'state'))).mode & 0o777).toBe(0o700);
  });

  test('is free when the kubelet does not list it, but not before it could', async () => {
    const allocations = await begin();
    await allocations.record([A]);
    await allocations.refresh();
    expect(held(allocations)).toEqual([A]);
    await clock.advance(30_000);
    await allocations.refresh();
    expect(held(allocations)).toEqual([]);
    expect(held(await begin())).toEqual([]);
  });

  test('counts from the start after a restart', async () => {
    await (await begin()).record([A]);
    await clock.advance(3_600_000);
    const next = await begin();
    await next.refresh();
    expect(held(next)).toEqual([A]);
    await clock.advance(30_000);
    await next.refresh();
    expect(held(next)).toEqual([]);
  });

  test('stays held while the kubelet does not answer', async () => {
    const allocations = await begin();
    await allocations.record([A]);
    listed = undefined;
    await clock.advance(3_600_000);
    await expect(allocations.refresh()).rejects.toThrow('away');
    expect(held(allocations)).toEqual([A]);
  });

  test('may be handed out again by the same kubelet: the pod before has ended', async () => {
    const allocations = await begin();
    await allocations.record([A]);
    await clock.advance(29_000);
    await allocations.record([A]);
    await clock.advance(2000);
    await allocations.refresh();
    expect(held(allocations)).toEqual([A]);
  });
});

test('what the kubelet lists and nobody recorded is held too; ids of other plugins are no addresses', async () => {
  const allocations = await begin();
  listed = [B, 'kvm17'];
  await allocations.refresh();
  expect(held(allocations)).toEqual([B]);
  expect(await allocations.holders()).toEqual(new Map([[B, 'device-plugin']]));
  await expect(allocations.holdForClaim('uid-1', [B])).rejects.toThrow(/held by a pod by its device plugin/);
});

describe('claims', () => {
  test('hold until they are released, whatever the kubelet lists', async () => {
    const allocations = await begin();
    await allocations.holdForClaim('uid-1', [A, B]);
    await allocations.holdForClaim('uid-1', [A, B]);
    await clock.advance(3_600_000);
    await allocations.refresh();
    const next = await begin();
    expect(await next.holders()).toEqual(new Map([A, B].map((address) => [address, { claim: 'uid-1' }])));
    await next.releaseClaim('uid-1');
    await next.releaseClaim('uid-1');
    expect(held(await begin())).toEqual([]);
  });

  test('keep others out, whole: a refused hold holds nothing', async () => {
    const allocations = await begin();
    await allocations.holdForClaim('uid-1', [B]);
    await expect(allocations.record([A, B])).rejects.toThrow(/ResourceClaim with the UID uid-1/);
    await expect(allocations.holdForClaim('uid-2', [A, B])).rejects.toThrow(/uid-1/);
    expect(held(allocations)).toEqual([B]);
  });
});

test('nothing is handed out while devices are changed', async () => {
  const allocations = await begin();
  const change = Promise.withResolvers<void>();
  const order: string[] = [];
  const changing = allocations.whileSettled(async () => {
    await change.promise;
    order.push('changed');
  });
  const recording = allocations.record([A]).then(() => order.push('recorded'));
  change.resolve();
  await Promise.all([changing, recording]);
  expect(order).toEqual(['changed', 'recorded']);
});

test('nothing is changed without the word of the kubelet', async () => {
  const allocations = await begin();
  listed = undefined;
  let isCalled = false;
  await expect(allocations.whileSettled(async () => void (isCalled = true))).rejects.toThrow('away');
  expect(isCalled).toBe(false);
});

test('listeners hear of news alone', async () => {
  const allocations = await begin();
  let calls = 0;
  const end = allocations.onChange(() => (calls += 1));
  listed = [A];
  await allocations.refresh();
  await allocations.refresh();
  expect(calls).toBe(1);
  end();
  await allocations.record([B]);
  expect(calls).toBe(1);
});

describe('a checkpoint that cannot be read ends virt-handler: to go on would forget who holds what', () => {
  test.each([
    ['damaged', '{"version":1,', /is no JSON; with no guest/],
    ['of a newer one', '{"version":2}', /of version 2, this virt-handler knows 1/],
  ])('%s', async (_, text, message) => {
    await (await begin()).record([A]);
    await writeFile(join(directory, 'state/pci-devices.json'), text);
    await expect(begin()).rejects.toThrow(message);
  });
});
