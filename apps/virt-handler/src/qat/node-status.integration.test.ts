import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clusterConfigFrom } from '@quickvirt/config';
import { events, findCondition, KubeClient, Manager, nodes, Recorder, type Condition } from '@quickvirt/kube';
import { NODE_CONDITION, NODE_REPORT_ANNOTATION, type NodeReport } from '@quickvirt/qat';
import { Metrics, type Logger } from '@quickvirt/telemetry';
import {
  add4xxx,
  FakeKubelet,
  FakeSysfs,
  provision,
  settle,
  startKubeApiserver,
  type KubeApiserver,
} from '@quickvirt/testing';
import { PluginRegistry } from '../device-plugins/plugin-registry.ts';
import { ownNodeInformer } from '../node/own-node.ts';
import { PciDevices } from '../pci-devices.ts';
import { rbac } from '../rbac.ts';
import { nodeStatusController } from './node-status.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const NODE = 'card-node';
const USER = 'system:serviceaccount:quickvirt:virt-handler';
const CARDS = ['0000:6b:00.0', '0000:e8:00.0'] as const;

let apiserver: KubeApiserver;
let admin: KubeClient;
let fake: FakeSysfs;
let kubelet: FakeKubelet;
let root: string;
let metrics: Metrics;
let handler: { devices: PciDevices; end: () => Promise<void> };

beforeAll(async () => {
  apiserver = await startKubeApiserver();
  admin = await KubeClient.load({ kubeconfig: apiserver.kubeconfigPath });
  await admin.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } });
  await admin.request({
    method: 'POST',
    path: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    body: { metadata: { name: 'virt-handler' }, rules: rbac.cluster },
  });
  await apiserver.kubectl(
    'create',
    'clusterrolebinding',
    'virt-handler',
    '--clusterrole=virt-handler',
    `--user=${USER}`,
  );
  root = await mkdtemp(join(tmpdir(), 'node-status-'));
  fake = await FakeSysfs.create();
  await add4xxx(fake);
  await provision(fake, CARDS);
  kubelet = new FakeKubelet({
    pluginDirectory: join(root, 'device-plugins'),
    podResourcesDirectory: join(root, 'pod-resources'),
  });
  await kubelet.start();
  handler = await startHandler();
}, 120_000);

afterAll(async () => {
  await handler?.end();
  await kubelet?.stop();
  await fake?.remove();
  await admin?.close();
  await apiserver?.stop();
  await rm(root, { recursive: true });
});

async function startHandler() {
  metrics = new Metrics();
  const client = await KubeClient.load({ kubeconfig: await apiserver.kubeconfigFor({ name: USER }) });
  const registry = new PluginRegistry({ pluginDirectory: join(root, 'device-plugins'), logger });
  const ownNode = ownNodeInformer(client, NODE, { logger });
  const devices = await PciDevices.open({
    registry,
    kubeletDirectory: root,
    deviceDirectory: fake.devices,
    cdiDirectory: join(root, 'cdi'),
    sysfsDirectory: fake.root,
    stateDirectory: join(root, 'state'),
    access: 'chown',
    config: () => ({ pciHostDevices: [], qat: clusterConfigFrom(undefined).qat }),
    nodeLabels: () => ({}),
    logger,
    metrics,
  });
  const recorder = new Recorder(client, { component: 'virt-handler', host: NODE, logger });
  const manager = new Manager({ logger })
    .addRunnable({ name: 'device-plugins', run: (signal) => registry.run(signal) })
    .addRunnable({ name: 'pci-devices', run: (signal) => devices.run(signal) })
    .addControllers(nodeStatusController({ ...devices.view, client, recorder, nodeName: NODE, ownNode }, { logger }));
  const stop = new AbortController();
  const running = manager.run(stop.signal);
  return {
    devices,
    end: async () => {
      stop.abort();
      await running;
      await recorder.flush();
      await client.close();
    },
  };
}

async function told() {
  const node = await admin.get(nodes, { name: NODE });
  const condition = findCondition((node.status?.conditions ?? []) as Condition[], NODE_CONDITION);
  const report = JSON.parse(node.metadata.annotations?.[NODE_REPORT_ANNOTATION] ?? '{}') as Partial<NodeReport>;
  const { items } = await admin.list(events, { namespace: 'default' });
  const seen = items.map(({ reason, count }) => `${reason} ${count}`).toSorted();
  return { condition, report, events: seen, resourceVersion: node.metadata.resourceVersion };
}

const allocatable = () =>
  Object.fromEntries(Object.entries(kubelet.resources()).map(([name, { allocatable: count }]) => [name, count]));

describe('the cards of a node, on a real API server', () => {
  test('are told of when they are well', async () => {
    await settle(async () =>
      expect((await told()).condition).toMatchObject({
        status: 'True',
        reason: 'Healthy',
        message: '2 cards, 32 of 32 virtual functions are usable',
      }),
    );
    const { report, events: seen } = await told();
    expect(report.physicalFunctions?.map(({ address, services }) => [address, services.join('-')])).toEqual([
      [CARDS[0], 'sym-asym'],
      [CARDS[1], 'dc'],
    ]);
    expect(seen).toEqual([]);
    await kubelet.until(() => allocatable()['qat.intel.com/cy'] === 16 && allocatable()['qat.intel.com/dc'] === 16);
  }, 60_000);

  test('are told of once when one does not answer, and its functions are not given', async () => {
    await fake.setHeartbeat(CARDS[0], -1);
    handler.devices.inventory.rescan();
    await kubelet.until(() => allocatable()['qat.intel.com/cy'] === 0);
    expect(allocatable()['qat.intel.com/dc']).toBe(16);
    await settle(async () =>
      expect((await told()).condition).toMatchObject({
        status: 'False',
        reason: 'HeartbeatLost',
        message: expect.stringContaining(CARDS[0]),
      }),
    );
    await settle(async () => expect((await told()).events).toEqual(['HeartbeatLost 1']));
    const { body } = await metrics.expose();
    expect(body).toContain(`quickvirt_qat_physical_function_up{physical_function="${CARDS[0]}"} 0`);
    expect(body).toContain(`quickvirt_qat_physical_function_up{physical_function="${CARDS[1]}"} 1`);
    expect(body).toContain('quickvirt_qat_findings{code="HeartbeatLost",severity="error"} 1');
  }, 60_000);

  test('are told of no second time by a virt-handler that starts anew', async () => {
    await handler.end();
    handler = await startHandler();
    await settle(() => expect(handler.devices.plugins.pools()).toHaveLength(2));
    const before = await told();
    // A look at everything, and the queue is empty.
    handler.devices.inventory.rescan();
    await settle(() => expect(kubelet.registrations.length).toBeGreaterThanOrEqual(4));
    const after = await told();
    expect(after.events).toEqual(['HeartbeatLost 1']);
    expect(after.resourceVersion).toBe(before.resourceVersion);
  }, 60_000);

  test('recover', async () => {
    await fake.setHeartbeat(CARDS[0], 0);
    handler.devices.inventory.rescan();
    await kubelet.until(() => allocatable()['qat.intel.com/cy'] === 16);
    await settle(async () => expect((await told()).condition).toMatchObject({ status: 'True', reason: 'Healthy' }));
    await settle(async () => expect((await told()).events).toEqual(['HeartbeatLost 1', 'QatRecovered 1']));
  }, 60_000);
});
