import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { dialDevicePlugin, registerDevicePlugin, serveDevicePlugin, type RpcServer } from '@quickvirt/rpc';
import type { Logger } from '@quickvirt/telemetry';
import { FakeKubelet, settle } from '@quickvirt/testing';
import { DevicePlugin } from './device-plugin.ts';
import { PluginRegistry } from './plugin-registry.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const RESOURCE = 'qat.intel.com/sym-dc';

let directory: string;
let kubelet: FakeKubelet;
let registry: PluginRegistry;
let plugin: DevicePlugin;
let stop: AbortController;
let running: Promise<void>;
let foreign: RpcServer | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'registry'));
  await mkdir(join(directory, 'plugins'));
  directory = join(directory, 'plugins');
  kubelet = new FakeKubelet({ pluginDirectory: directory });
  registry = new PluginRegistry({ pluginDirectory: directory, logger });
  plugin = new DevicePlugin({
    resourceName: RESOURCE,
    pluginDirectory: directory,
    endpoint: 'kubevirt-qat.intel.com-sym-dc.sock',
    devices: () => [{ id: 'ours', healthy: true }],
    allocate: async () => ({}),
    logger,
  });
  stop = new AbortController();
  running = registry.run(stop.signal);
  registry.add(plugin);
});

afterEach(async () => {
  stop.abort();
  await running;
  await foreign?.close(0);
  foreign = undefined;
  await kubelet.stop();
  await rm(join(directory, '..'), { recursive: true });
});

const offered = () => kubelet.devices(RESOURCE).map(({ id, healthy }) => (healthy ? id : `${id} is gone`));

/** Another vendor's plugin for the same resource. */
async function serveForeign(endpoint: string): Promise<void> {
  foreign = await serveDevicePlugin(join(directory, endpoint), {
    listAndWatch: async function* () {
      yield { devices: [{ ID: 'theirs', health: 'Healthy' }] };
      await new Promise(() => undefined);
    },
    allocate: async () => ({}),
  });
}

const registerForeign = (endpoint: string) =>
  registerDevicePlugin({ kubeletSocketPath: join(directory, 'kubelet.sock'), endpoint, resourceName: RESOURCE });

describe('a plugin', () => {
  test('is registered once there is a kubelet, and settled then', async () => {
    await kubelet.start();
    await registry.settled();
    await kubelet.until(() => offered().length > 0);
    expect(offered()).toEqual(['ours']);
    expect(registry.foreignSockets().size).toBe(0);
  });

  test('registers anew when its socket was removed', async () => {
    await kubelet.start();
    await registry.settled();
    await rm(plugin.socketPath);
    await kubelet.registered(2);
    await settle(async () => expect(await readdir(directory)).toContain(plugin.endpoint));
  });

  test('waits for a kubelet whose predecessor was killed and left its socket', async () => {
    await leaveSocket(join(directory, 'kubelet.sock'));
    await kubelet.start();
    await kubelet.until(() => offered().length > 0);
    expect(offered()).toEqual(['ours']);
  });

  test('registers anew when the kubelet hung up on it', async () => {
    await kubelet.start();
    await kubelet.until(() => offered()[0] === 'ours');
    kubelet.hangUp(RESOURCE);
    await kubelet.registered(2);
    await kubelet.until(() => offered()[0] === 'ours');
  });

  test('that is removed is gone for the kubelet', async () => {
    await kubelet.start();
    await kubelet.until(() => offered().length > 0);
    await registry.remove(plugin);
    await kubelet.until(() => offered()[0] === 'ours is gone');
    expect(kubelet.registrations).toHaveLength(1);
  });
});

/** A socket that nobody listens on any more: its process was killed. */
async function leaveSocket(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => console.log('listens'))`;
  const child = spawn(process.execPath, ['--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
}

describe('a name that another plugin has', () => {
  test('is left to it when its socket says so, and taken when it is gone', async () => {
    await serveForeign('qat.intel.com-sym-dc.sock');
    let changes = 0;
    registry.onOwnerChange(() => (changes += 1));
    await kubelet.start();
    await registerForeign('qat.intel.com-sym-dc.sock');
    await registry.settled();
    expect([...registry.foreignSockets()]).toEqual([[RESOURCE, 'qat.intel.com-sym-dc.sock']]);
    await kubelet.until(() => offered()[0] === 'theirs');
    expect(changes).toBe(1);
    await foreign?.close(0);
    await kubelet.until(() => offered()[0] === 'ours');
    expect(registry.foreignSockets().size).toBe(0);
    expect(changes).toBe(2);
  });

  test('is left to it when it comes later: the kubelet would take our list for its', async () => {
    await kubelet.start();
    await kubelet.until(() => offered()[0] === 'ours');
    await serveForeign('qat.intel.com_sym-dc.sock');
    await registerForeign('qat.intel.com_sym-dc.sock');
    await settle(() => expect([...registry.foreignSockets()]).toEqual([[RESOURCE, 'qat.intel.com_sym-dc.sock']]));
    await kubelet.until(() => offered()[0] === 'theirs');
    plugin.changed();
    // A list of ours would have come by the time that its plugin answers some calls over another connection.
    const ours = dialDevicePlugin(plugin.socketPath);
    for (let call = 0; call < 5; call += 1) await ours.getDevicePluginOptions({});
    ours.close();
    expect(kubelet.registrations).toHaveLength(2);
    expect(offered()).toEqual(['theirs']);
  });

  test('is not lost to a plugin of another resource that happens to be there', async () => {
    await serveForeign('gpu.example.com-gpu.sock');
    await kubelet.start();
    await kubelet.until(() => offered()[0] === 'ours');
    expect(registry.foreignSockets().size).toBe(0);
  });
});
