import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Metrics, type Logger } from '@quickvirt/telemetry';
import { FakeKubelet } from '@quickvirt/testing';
import { SharedDevices, type SharedDevicesOptions } from './shared-devices.ts';
import { PluginRegistry } from './plugin-registry.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const lack = 'the test';
const RESOURCE = 'devices.kubevirt.io/null';

let root: string;
let kubelet: FakeKubelet;
let stop: AbortController;
let running: Promise<unknown>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dp'));
  await mkdir(join(root, 'plugins'));
  await mkdir(join(root, 'dev'));
  kubelet = new FakeKubelet({ pluginDirectory: join(root, 'plugins') });
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await running;
  await kubelet.stop();
  await rm(root, { recursive: true });
});

function run(options: Partial<SharedDevicesOptions> = {}): SharedDevices {
  const registry = new PluginRegistry({ pluginDirectory: join(root, 'plugins'), logger });
  const plugins = new SharedDevices({
    registry,
    // The host's own /dev/null stands in for a device that is there.
    deviceDirectory: '/dev',
    cdiDirectory: join(root, 'cdi'),
    count: 3,
    access: 'cdi',
    logger,
    metrics: new Metrics(),
    devices: [
      { name: 'null', path: 'null', lack },
      { name: 'absent', path: 'quickvirt-absent', lack },
    ],
    ...options,
  });
  running = Promise.all([registry.run(stop.signal), plugins.run(stop.signal)]);
  return plugins;
}

describe('device plugins', () => {
  test('offers what is there, and nothing else', async () => {
    await kubelet.start();
    const plugins = run();
    expect(plugins.problem()).toMatch(/not registered/);
    await plugins.registered();
    expect(plugins.problem()).toBeUndefined();
    expect(kubelet.registrations).toEqual([
      { resourceName: RESOURCE, endpoint: 'kubevirt-null.sock', version: 'v1beta1', prefersAllocations: false },
    ]);
    await kubelet.until(() => kubelet.devices(RESOURCE).length > 0);
    expect(kubelet.devices(RESOURCE).map(({ id, healthy }) => [id, healthy])).toEqual([
      ['null0', true],
      ['null1', true],
      ['null2', true],
    ]);
  });

  test('answers with a CDI device whose specification gives it to uid 107', async () => {
    await kubelet.start();
    await run().registered();
    const { containerResponses } = await kubelet.plugin(RESOURCE).allocate({
      containerRequests: [{ devicesIds: ['null0'] }, { devicesIds: ['null1'] }],
    });
    expect(containerResponses.map(({ cdiDevices, devices }) => [cdiDevices, devices])).toEqual([
      [[{ name: 'quickvirt.io/device=null' }], []],
      [[{ name: 'quickvirt.io/device=null' }], []],
    ]);
    const spec = JSON.parse(await readFile(join(root, 'cdi/quickvirt.io-null.json'), 'utf8'));
    expect(spec.devices[0].containerEdits.deviceNodes[0]).toMatchObject({
      path: '/dev/null',
      major: 1,
      minor: 3,
      uid: 107,
    });
  });

  test('without CDI it answers with the device node', async () => {
    await kubelet.start();
    await run({ access: 'chown' }).registered();
    const { containerResponses } = await kubelet
      .plugin(RESOURCE)
      .allocate({ containerRequests: [{ devicesIds: ['null0'] }] });
    expect(containerResponses[0]).toMatchObject({
      devices: [{ containerPath: '/dev/null', hostPath: '/dev/null', permissions: 'rw' }],
      cdiDevices: [],
    });
  });

  test('registers anew when the kubelet starts again, on a new socket', async () => {
    await kubelet.start();
    await run().registered();
    await kubelet.restart();
    await kubelet.registered(2);
    await kubelet.until(() => kubelet.devices(RESOURCE).length === 3);
  });

  test('waits for a kubelet that starts later', async () => {
    const plugins = run();
    await kubelet.start();
    await plugins.registered();
    expect(kubelet.registrations).toHaveLength(1);
  });

  const canMakeNodes = process.getuid?.() === 0;
  (canMakeNodes ? test : test.skip)('follows a device node that comes and goes', async () => {
    const device = join(root, 'dev/null');
    const makeNode = () => execFileSync('mknod', [device, 'c', '1', '3']);
    await kubelet.start();
    run({ deviceDirectory: join(root, 'dev') });
    makeNode();
    await kubelet.registered(1);
    const allocatable = (count: number) => kubelet.until(() => kubelet.resources()[RESOURCE]?.allocatable === count);
    await allocatable(3);
    await rm(device);
    await allocatable(0);
    makeNode();
    await allocatable(3);
  });
});
