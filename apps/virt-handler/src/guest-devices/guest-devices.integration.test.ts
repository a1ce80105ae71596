import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { virtualMachineInstances, type DeviceStatus, type VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom, domainConfigFrom } from '@quickvirt/config';
import { KubeClient, Manager, statusApply } from '@quickvirt/kube';
import { Metrics, type Logger } from '@quickvirt/telemetry';
import { servePodResources, type RpcServer } from '@quickvirt/rpc';
import { eventually, settle as settleWithin, startKubeApiserver, type KubeApiserver } from '@quickvirt/testing';
import { socketDialer } from '../launchers/launcher-dialer.ts';
import { Launchers } from '../launchers/launchers.ts';
import { FakeLauncher } from '../testing/fake-launcher.ts';
import { vmiInformer } from '../vmi/index.ts';
import { DeviceMemories, functionFinder, guestDevicesController } from './index.ts';

const CRDS = join(import.meta.dirname, '../../../../charts/quickvirt/templates/crds');
const POD = '11111111-2222-3333-4444-555555555555';
const CY = 'qat.intel.com/cy';
const [A, B] = ['0000:3d:01.0', '0000:da:01.0'];
const KEY = 'default/guest';
const ref = { name: 'guest', namespace: 'default' };
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
/** A machine under load is slow; what waits, waits for a condition. */
const PATIENCE_MS = 30_000;
jest.setTimeout(3 * PATIENCE_MS);
const settle = (assert: () => void | Promise<void>) => settleWithin(assert, { timeoutMs: PATIENCE_MS });

let apiserver: KubeApiserver;
let client: KubeClient;
let directory: string;
let kubelet: RpcServer;
/** What the kubelet says of its pods. */
let pods: ReturnType<typeof podResources>[];
let launcher: FakeLauncher;
let memories: DeviceMemories;
let calls: string[];
let events: string[];
let stop: AbortController;
let running: Promise<void>;

beforeAll(async () => {
  apiserver = await startKubeApiserver();
  client = await KubeClient.load({ kubeconfig: apiserver.kubeconfigPath });
  await apiserver.kubectl('create', '-f', join(CRDS, 'virtualmachineinstances.kubevirt.io.yaml'));
  // A CRD has no conditions at first, which `kubectl wait` takes for an error.
  await eventually(() => apiserver.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s'));
}, 600_000);

afterAll(async () => {
  await client?.close();
  await apiserver?.stop();
});

afterEach(async () => {
  stop.abort();
  await running;
  await launcher.close();
  await kubelet.close();
  await client.delete(virtualMachineInstances, ref);
  await rm(directory, { recursive: true });
});

/** A guest that runs with device `a`, and virt-handler's part for devices beside it. */
async function startGuest(features?: string[]): Promise<void> {
  directory = await mkdtemp(join(tmpdir(), 'gd-'));
  pods = [];
  kubelet = await servePodResources(join(directory, 'kubelet.sock'), {
    list: async () => ({ podResources: pods }),
    get: async () => ({}),
  });
  launcher = new FakeLauncher();
  if (features) launcher.features = features;
  await launcher.listenInPod(directory, POD);
  launcher.state = running_(['a', A]);
  launcher.onSync = async ({ vmiJson, facts }) => {
    const vmi = JSON.parse(vmiJson.toString()) as VirtualMachineInstance;
    const known = new Map([['a', A], ...(facts?.hostDevices ?? []).map((one) => [one.name, one.pciAddress] as const)]);
    const names = (vmi.spec.domain.devices.hostDevices ?? []).map(({ name }) => name);
    launcher.state = running_(...names.map((name) => [name, known.get(name) ?? ''] as const));
  };
  await client.create(virtualMachineInstances, {
    metadata: ref,
    spec: { domain: { memory: { guest: '64Mi' }, devices: { hostDevices: [{ name: 'a', deviceName: CY }] } } },
  });
  await apply('virt-controller', { phase: 'Running', nodeName: 'n', activePods: { [POD]: 'n' } });
  [calls, events, stop] = [[], [], new AbortController()];
  const vmis = vmiInformer(client, 'n', { logger });
  const launchers = new Launchers({ dialer: socketDialer(directory), logger });
  memories = new DeviceMemories();
  const note = async (...words: unknown[]): Promise<void> => void calls.push(words.join(' '));
  const controller = guestDevicesController(
    {
      client,
      recorder: { event: (_object, { reason }) => void events.push(reason) },
      launchers,
      vmis,
      memories,
      config: () => ({ domainConfig: domainConfigFrom(clusterConfigFrom(undefined)) }) as never,
      findFunction: functionFinder(join(directory, 'kubelet.sock')),
      access: {
        open: (_pod, address) => note('open', address),
        close: (_pod, address) => note('close', address),
        allowLockedMemory: (_vmi, _pod, attached) => note('lock', attached),
      },
      functionFacts: () => ({ driver: 'vfio-pci', iommuGroup: 25 }),
      onFactsChange: () => {},
    },
    { logger, metrics: new Metrics() },
  );
  launchers.connect(KEY, POD);
  running = new Manager({ logger })
    .addControllers(controller)
    .run(stop.signal)
    .finally(() => launchers.close());
}

/** The state of a running domain with these host devices. */
function running_(...devices: (readonly [name: string, address: string])[]) {
  const hostdevs = devices.map(([name, address]) => {
    const [, bus, slot, fn] = /^0000:(..):(..)\.(.)$/.exec(address) ?? [];
    return (
      `<hostdev mode='subsystem' type='pci'><source><address domain='0x0000' bus='0x${bus}' slot='0x${slot}' ` +
      `function='0x${fn}'/></source><alias name='ua-hostdevice-${name}'/></hostdev>`
    );
  });
  const domainXml =
    `<domain><name>x</name><uuid>u</uuid><memory unit='KiB'>1024</memory><vcpu>1</vcpu>` +
    `<os><type machine='q35'>hvm</type></os><devices>${hostdevs.join('')}</devices></domain>`;
  const guestPciDevices = devices.map(([name], index) => ({
    alias: `ua-hostdevice-${name}`,
    pciAddress: `0000:0${index + 2}:00.0`,
  }));
  return { phase: 'DOMAIN_PHASE_RUNNING', domainXml, guestPciDevices } as const;
}

async function apply(fieldManager: string, status: VirtualMachineInstance['status']): Promise<void> {
  const vmi = await client.get(virtualMachineInstances, ref);
  const body = statusApply(virtualMachineInstances, vmi, status ?? {});
  await client.patch(virtualMachineInstances, ref, body, {
    kind: 'apply',
    subresource: 'status',
    fieldManager,
    force: true,
  });
}

/** What virt-controller says of the pods that hold devices. */
const controllerSays = (deviceStatus: DeviceStatus[]) => apply('virt-controller-hotplug', { deviceStatus });
const statusOf = async () => (await client.get(virtualMachineInstances, ref)).status?.deviceStatus;
const setDevices = (...names: string[]) => {
  const hostDevices = names.map((name) => ({ name, deviceName: CY }));
  return client.patch(
    virtualMachineInstances,
    ref,
    { spec: { domain: { devices: { hostDevices } } } },
    { kind: 'merge' },
  );
};

const known = { deviceName: CY, driver: 'vfio-pci', iommuGroup: 25 };
const hotplug = { attachPodName: 'hp-device-b', attachPodUID: 'b-uid' };

test('a device is stated, opened, plugged in, told of; then taken out, closed, and told of', async () => {
  await startGuest();
  await settle(async () =>
    expect(await statusOf()).toEqual([{ name: 'a', ...known, pciAddress: A, guestPciAddress: '0000:02:00.0' }]),
  );
  expect(launcher.syncs).toEqual([]);

  pods = [podResources('hp-device-b', [B])];
  await setDevices('a', 'b');
  await controllerSays([{ name: 'b', hotplug }]);
  await settle(async () =>
    expect((await statusOf())?.find(({ name }) => name === 'b')).toEqual({
      name: 'b',
      ...known,
      pciAddress: B,
      guestPciAddress: '0000:03:00.0',
      hotplug,
    }),
  );
  expect(calls).toEqual(['lock 1', `open ${B}`]);
  expect(launcher.syncs[0]?.facts?.hostDevices).toEqual([{ name: 'b', pciAddress: B }]);
  await settle(() => expect(events).toEqual(['DeviceAttached']));

  await setDevices('a');
  await settle(async () =>
    expect((await statusOf())?.find(({ name }) => name === 'b')).toEqual({ name: 'b', hotplug }),
  );
  expect(calls.at(-1)).toBe(`close ${B}`);
  await settle(() => expect(events).toEqual(['DeviceAttached', 'DeviceDetached']));
  expect(memories.problem(KEY)).toBeUndefined();
});

test('a kubelet that names no address, and a launcher of an older release, are told of; the guest keeps what it has', async () => {
  await startGuest([]);
  pods = [podResources('hp-device-b', ['25'])];
  await setDevices('a', 'b');
  await controllerSays([{ name: 'b', hotplug }]);
  await settle(() => expect(memories.problem(KEY)?.message).toMatch(/names devices "25"/));
  pods = [podResources('hp-device-b', [B])];
  await settle(() => expect(memories.problem(KEY)?.message).toMatch(/restart the VM/));
  expect(launcher.syncs).toEqual([]);
  expect(calls).toEqual([]);
  expect((await statusOf())?.find(({ name }) => name === 'a')).toMatchObject({ pciAddress: A });
});

const podResources = (name: string, deviceIds: string[]) => ({
  name,
  namespace: 'default',
  containers: [
    { name: 'hotplug-device', devices: [{ resourceName: CY, deviceIds }], cpuIds: [], dynamicResources: [] },
  ],
});
