import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Metrics, type Logger } from '@quickvirt/telemetry';
import { FakeKubelet } from '../testing/fake-kubelet.ts';
import { DevicePlugins, type DevicePluginsOptions } from './device-plugins.ts';
import { deviceNumbers } from './node-device.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const lack = 'the test';

let root: string;
let kubelet: FakeKubelet;
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dp'));
  await mkdir(join(root, 'kubelet/device-plugins'), { recursive: true });
  await mkdir(join(root, 'dev'));
  kubelet = new FakeKubelet(join(root, 'kubelet/device-plugins'));
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await running;
  await kubelet.stop();
  await rm(root, { recursive: true });
});

function run(options: Partial<DevicePluginsOptions> = {}): DevicePlugins {
  const plugins = new DevicePlugins({
    kubeletDirectory: join(root, 'kubelet'),
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
  running = plugins.run(stop.signal);
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
      { resourceName: 'devices.kubevirt.io/null', endpoint: 'kubevirt-null.sock', version: 'v1beta1' },
    ]);
    const client = kubelet.plugin('kubevirt-null.sock');
    for await (const { devices } of client.listAndWatch({})) {
      expect(devices.map(({ ID, health }) => [ID, health])).toEqual([
        ['null0', 'Healthy'],
        ['null1', 'Healthy'],
        ['null2', 'Healthy'],
      ]);
      break;
    }
    client.close();
  });

  test('answers with a CDI device whose specification gives it to uid 107', async () => {
    await kubelet.start();
    await run().registered();
    const client = kubelet.plugin('kubevirt-null.sock');
    const { containerResponses } = await client.allocate({
      containerRequests: [{ devicesIds: ['null0'] }, { devicesIds: ['null1'] }],
    });
    client.close();
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
    const client = kubelet.plugin('kubevirt-null.sock');
    const { containerResponses } = await client.allocate({ containerRequests: [{ devicesIds: ['null0'] }] });
    client.close();
    expect(containerResponses[0]).toMatchObject({
      devices: [{ containerPath: '/dev/null', hostPath: '/dev/null', permissions: 'rw' }],
      cdiDevices: [],
    });
  });

  test('registers anew when the kubelet starts again, on a new socket', async () => {
    await kubelet.start();
    await run().registered();
    await kubelet.stop();
    await kubelet.start();
    await kubelet.registered(2);
    const client = kubelet.plugin('kubevirt-null.sock');
    for await (const { devices } of client.listAndWatch({})) {
      expect(devices).toHaveLength(3);
      break;
    }
    client.close();
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
    const client = kubelet.plugin('kubevirt-null.sock');
    const lists = client.listAndWatch({})[Symbol.asyncIterator]();
    const health = async () => (await lists.next()).value?.devices[0]?.health as string | undefined;
    expect(await health()).toBe('Healthy');
    await rm(device);
    expect(await health()).toBe('Unhealthy');
    makeNode();
    expect(await health()).toBe('Healthy');
    client.close();
  });
});

test('deviceNumbers takes a dev_t apart', async () => {
  expect(deviceNumbers((await stat('/dev/null')).rdev)).toEqual({ major: 1, minor: 3 });
  expect(deviceNumbers(0x0a_e8)).toEqual({ major: 10, minor: 232 });
});
