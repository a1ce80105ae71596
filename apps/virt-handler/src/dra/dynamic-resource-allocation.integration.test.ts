import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { KubeClient, nodes, resourceClaims, resourceSlices, type ResourceClaim } from '@quickvirt/kube';
import { dialDraPlugin, dialPluginRegistration } from '@quickvirt/rpc';
import { Metrics, type Logger } from '@quickvirt/telemetry';
import { settle as settleWithin, startKubeApiserver, type KubeApiserver } from '@quickvirt/testing';
import { rbac } from '../rbac.ts';
import { DynamicResourceAllocation } from './dynamic-resource-allocation.ts';
import { FakeHolds, FakeSource, virtualFunction } from './testing/fake-node.ts';

const NODE = 'node-1';
const DRIVER = 'qat.quickvirt.io';
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const PATIENCE_MS = 30_000;
jest.setTimeout(2 * PATIENCE_MS);
const settle = (assert: () => void | Promise<void>) => settleWithin(assert, { timeoutMs: PATIENCE_MS });

let apiserver: KubeApiserver;
let admin: KubeClient;
let client: KubeClient;
let nodeUid: string;

beforeAll(async () => {
  apiserver = await startKubeApiserver();
  admin = await KubeClient.load({ kubeconfig: apiserver.kubeconfigPath });
  nodeUid = (await admin.create(nodes, { metadata: { name: NODE } } as never)).metadata.uid ?? '';
  const manifest = join(apiserver.folder, 'rights.json');
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'virt-handler' };
  const items = [
    { kind: 'ClusterRole', metadata: { name: 'virt-handler' }, rules: rbac.cluster },
    { kind: 'ClusterRoleBinding', metadata: { name: 'vh' }, roleRef, subjects: [{ kind: 'User', name: 'vh' }] },
  ].map((item) => ({ apiVersion: 'rbac.authorization.k8s.io/v1', ...item }));
  await writeFile(manifest, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  await apiserver.kubectl('create', '-f', manifest);
  client = await KubeClient.load({ kubeconfig: await apiserver.kubeconfigFor({ name: 'vh' }) });
}, 600_000);

afterAll(async () => {
  await client?.close();
  await admin?.close();
  await apiserver?.stop();
});

let root: string;
let source: FakeSource;
let holds: FakeHolds;
let metrics: Metrics;
let driverName: string;
let running: { dra: DynamicResourceAllocation; stop: () => Promise<void> };

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dra-'));
  source = new FakeSource([virtualFunction(0), virtualFunction(1)]);
  holds = new FakeHolds();
  driverName = DRIVER;
});

afterEach(async () => {
  await running.stop();
  for (const { metadata } of (await admin.list(resourceSlices)).items)
    await admin.delete(resourceSlices, metadata as never);
  await rm(root, { recursive: true });
});

function start(): void {
  const controller = new AbortController();
  metrics = new Metrics();
  const dra = new DynamicResourceAllocation(
    {
      client,
      nodeName: NODE,
      kubeletDirectory: join(root, 'kubelet'),
      hostKubeletDirectory: '/on-host/kubelet',
      cdiDirectory: join(root, 'cdi'),
      stateDirectory: join(root, 'state'),
      driverName: () => driverName,
      source,
      access: 'cdi',
      holds,
      nodesOf: async (addresses) => [
        { path: '/dev/vfio/vfio', major: 10, minor: 196 },
        ...addresses.map((address) => ({ path: `/dev/vfio/5${address.at(-1)}`, major: 240, minor: 1 })),
      ],
      logger,
      metrics,
    },
    { logger },
  );
  const run = dra.run(controller.signal);
  running = {
    dra,
    stop: async () => {
      controller.abort();
      await run;
    },
  };
}

const published = async () =>
  (await admin.list(resourceSlices)).items.flatMap(({ spec }) => (spec?.devices ?? []).map(({ name }) => name));

/** As the scheduler leaves it. */
async function allocatedClaim(name: string, devices: Record<string, string>, annotations = {}): Promise<ResourceClaim> {
  const requests = Object.keys(devices).map((request) => ({ name: request, exactly: { deviceClassName: DRIVER } }));
  const spec = { devices: { requests } };
  await admin.create(resourceClaims, {
    metadata: { namespace: 'default', name, annotations },
    spec,
  } as never);
  const results = Object.entries(devices).map(([request, device]) => ({ driver: DRIVER, pool: NODE, device, request }));
  return admin.patch(
    resourceClaims,
    { namespace: 'default', name },
    { status: { allocation: { devices: { results } } } },
    { kind: 'merge', subresource: 'status' },
  );
}

const referenceOf = ({ metadata }: ResourceClaim) => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name ?? '',
  uid: metadata.uid ?? '',
});

/** What the kubelet does when it finds the driver's socket: asks who it is and dials where it is told to. */
async function register() {
  const directory = join(root, 'kubelet/plugins_registry');
  await settle(async () => expect(await readdir(directory)).toEqual([`${driverName}-reg.sock`]));
  const registration = dialPluginRegistration(join(directory, `${driverName}-reg.sock`));
  const info = await registration.getInfo({});
  await registration.notifyRegistrationStatus({ pluginRegistered: true });
  registration.close();
  expect(info).toMatchObject({ type: 'DRAPlugin', name: driverName });
  expect(info.endpoint).toBe(`/on-host/kubelet/plugins/${driverName}/dra.sock`);
  return dialDraPlugin(info.endpoint.replace('/on-host', root));
}

describe('ResourceSlices', () => {
  test('list the functions with what claims select on, owned by the node, and are written on change only', async () => {
    start();
    await settle(async () => expect(await published()).toEqual(['vf-0000-3d-01-0', 'vf-0000-3d-01-1']));
    const [slice] = (await admin.list(resourceSlices)).items;
    expect(slice?.metadata.ownerReferences).toMatchObject([{ kind: 'Node', name: NODE, uid: nodeUid }]);
    expect(slice?.spec).toMatchObject({
      driver: DRIVER,
      nodeName: NODE,
      pool: { name: NODE, generation: 1, resourceSliceCount: 1 },
    });
    expect(slice?.spec?.devices?.[1]?.attributes).toMatchObject({
      'resource.kubernetes.io/pciBusID': { string: '0000:3d:01.1' },
      pf: { string: '0000:3d:00.0' },
      numaNode: { int: 0 },
    });
    source.set([virtualFunction(0), virtualFunction(1)]);
    source.set([virtualFunction(0), virtualFunction(1, { usable: false })]);
    await settle(async () => expect(await published()).toEqual(['vf-0000-3d-01-0']));
    const [changed] = (await admin.list(resourceSlices)).items;
    expect(changed?.metadata.name).toBe(slice?.metadata.name);
    expect(changed?.spec?.pool?.generation).toBe(2);
  });

  test('come back when a kubelet wipes them, and go when device plugins are to offer the functions', async () => {
    start();
    await settle(async () => expect(await published()).toHaveLength(2));
    for (const { metadata } of (await admin.list(resourceSlices)).items)
      await admin.delete(resourceSlices, metadata as never);
    await settle(async () => expect(await published()).toHaveLength(2));
    expect(running.dra.ownership.devicePluginMayOffer('0000:3d:01.0')).toBe(false);
    source.set([0, 1].map((index) => virtualFunction(index, { offer: 'DevicePlugin' })));
    await settle(async () => expect(await published()).toEqual([]));
    await settle(() => expect(running.dra.ownership.devicePluginMayOffer('0000:3d:01.0')).toBe(true));
    running.dra.ownership.devicePluginOffers(['0000:3d:01.0', '0000:3d:01.1']);
    // And back: only when the plugin has withdrawn them.
    source.set([virtualFunction(0), virtualFunction(1)]);
    await settle(() => expect(running.dra.ownership.devicePluginMayOffer('0000:3d:01.0')).toBe(false));
    expect(await published()).toEqual([]);
    running.dra.ownership.devicePluginOffers([]);
    await settle(async () => expect(await published()).toHaveLength(2));
  });

  test('follow a change of the driver’s name', async () => {
    start();
    await settle(async () => expect(await published()).toHaveLength(2));
    driverName = 'other.example.org';
    running.dra.configChanged();
    await settle(async () => {
      const slices = (await admin.list(resourceSlices)).items;
      expect(slices.map(({ spec }) => [spec?.driver, spec?.devices?.length])).toEqual([['other.example.org', 2]]);
    });
    (await register()).close();
  });
});

describe('claims', () => {
  test('are prepared and given back over the kubelet’s sockets, as often as it asks', async () => {
    start();
    const kubelet = await register();
    const claim = await allocatedClaim('crypto', { first: 'vf-0000-3d-01-0', second: 'vf-0000-3d-01-1' });
    const reference = referenceOf(claim);
    const answer = await kubelet.nodePrepareResources({ claims: [reference] });
    const prepared = answer.claims[reference.uid];
    expect(prepared?.error).toBe('');
    expect(prepared?.devices).toMatchObject([
      { requestNames: ['first'], poolName: NODE, deviceName: 'vf-0000-3d-01-0' },
      { requestNames: ['second'], poolName: NODE, deviceName: 'vf-0000-3d-01-1' },
    ]);
    expect(await kubelet.nodePrepareResources({ claims: [reference] })).toEqual(answer);
    expect([...holds.held.keys()]).toEqual(['0000:3d:01.0', '0000:3d:01.1']);

    const [file] = await readdir(join(root, 'cdi'));
    const spec = JSON.parse(await readFile(join(root, 'cdi', file ?? ''), 'utf8'));
    const known = spec.devices.map(({ name }: { name: string }) => `${spec.kind}=${name}`);
    for (const { cdiDeviceIds } of prepared?.devices ?? []) expect(known).toEqual(expect.arrayContaining(cdiDeviceIds));
    const [first, , metadata] = spec.devices;
    expect(first.containerEdits.env).toEqual(['QAT0=0000:3d:01.0']);
    expect(first.containerEdits.deviceNodes.map(({ path }: { path: string }) => path)).toEqual([
      '/dev/vfio/vfio',
      '/dev/vfio/50',
    ]);
    const [mount] = metadata.containerEdits.mounts;
    expect(mount.containerPath).toBe(
      `/var/run/kubernetes.io/dra-device-attributes/resourceclaims/crypto/first/${DRIVER}-metadata.json`,
    );
    const told = JSON.parse(await readFile(mount.hostPath.replace('/on-host', root), 'utf8'));
    expect(told.requests[0].devices[0].attributes['resource.kubernetes.io/pciBusID']).toEqual({
      string: '0000:3d:01.0',
    });

    const { body: text } = await metrics.expose();
    expect(text).toContain('quickvirt_dra_prepared_claims 1');
    expect(text).toContain(`quickvirt_dra_driver_registered{driver="${DRIVER}"} 1`);
    await kubelet.nodeUnprepareResources({ claims: [reference] });
    expect(await kubelet.nodeUnprepareResources({ claims: [reference] })).toEqual({
      claims: { [reference.uid]: { error: '' } },
    });
    expect(holds.held.size).toBe(0);
    expect(await readdir(join(root, 'cdi'))).toEqual([]);
    kubelet.close();
  });

  test('that a template made lie where pods look for them', async () => {
    start();
    const kubelet = await register();
    const annotations = { 'resource.kubernetes.io/pod-claim-name': 'mine' };
    const reference = referenceOf(await allocatedClaim('pod-mine-x7f2p', { qat: 'vf-0000-3d-01-1' }, annotations));
    await kubelet.nodePrepareResources({ claims: [reference] });
    const [file] = await readdir(join(root, 'cdi'));
    expect(await readFile(join(root, 'cdi', file ?? ''), 'utf8')).toContain('resourceclaimtemplates/mine/qat/');
    kubelet.close();
  });

  test('are refused one by one, with the reason', async () => {
    start();
    const kubelet = await register();
    source.set([
      virtualFunction(0),
      virtualFunction(1, { usable: false, findings: [{ code: 'HeartbeatLost', cause: 'no answer' } as never] }),
    ]);
    holds.held.set('0000:3d:01.0', 'device-plugin');
    const claims = {
      'in-use': referenceOf(await allocatedClaim('in-use', { qat: 'vf-0000-3d-01-0' })),
      sick: referenceOf(await allocatedClaim('sick', { qat: 'vf-0000-3d-01-1' })),
      'not-there': referenceOf(await allocatedClaim('not-there', { qat: 'vf-0000-99-01-1' })),
      strange: referenceOf(await allocatedClaim('strange', { qat: 'gpu-0' })),
      renewed: { ...referenceOf(await allocatedClaim('renewed', { qat: 'vf-0000-3d-01-1' })), uid: 'earlier-uid' },
      gone: { namespace: 'default', name: 'gone', uid: 'some-uid' },
    };
    const { claims: answers } = await kubelet.nodePrepareResources({ claims: Object.values(claims) });
    const errorOf = (name: keyof typeof claims) => answers[claims[name].uid]?.error;
    expect(errorOf('in-use')).toContain('device-plugin');
    expect(errorOf('sick')).toContain('HeartbeatLost: no answer');
    expect(errorOf('not-there')).toContain('no virtual function 0000:99:01.1');
    expect(errorOf('strange')).toContain('gpu-0');
    expect(errorOf('renewed')).toContain('made anew');
    expect(errorOf('gone')).toContain('is gone');
    expect([...holds.held]).toEqual([['0000:3d:01.0', 'device-plugin']]);
    kubelet.close();
  });

  test('outlive a restart, a reboot, and a switch to device plugins', async () => {
    start();
    const kubelet = await register();
    const claim = await allocatedClaim('lasting', { qat: 'vf-0000-3d-01-0' });
    const lost = await allocatedClaim('lost', { qat: 'vf-0000-3d-01-1' });
    await kubelet.nodePrepareResources({ claims: [referenceOf(claim), referenceOf(lost)] });
    kubelet.close();
    await running.stop();
    await rm(join(root, 'cdi'), { recursive: true });
    await admin.delete(resourceClaims, { namespace: 'default', name: 'lost' });
    source.set([0, 1].map((index) => virtualFunction(index, { offer: 'DevicePlugin' })));
    start();
    // Its file is there again, the other's device is free, and the driver is served for as long as the claim lives.
    const again = await register();
    expect(await readdir(join(root, 'cdi'))).toEqual([`${DRIVER}-claim-${claim.metadata.uid}.json`]);
    expect([...holds.held.keys()]).toEqual(['0000:3d:01.0']);
    await settle(() => expect(running.dra.ownership.devicePluginMayOffer('0000:3d:01.1')).toBe(true));
    expect(running.dra.ownership.devicePluginMayOffer('0000:3d:01.0')).toBe(false);
    await again.nodeUnprepareResources({ claims: [referenceOf(claim)] });
    again.close();
    await settle(() => expect(running.dra.ownership.devicePluginMayOffer('0000:3d:01.0')).toBe(true));
    await settle(async () => expect(await readdir(join(root, 'kubelet/plugins_registry'))).toEqual([]));
  });

  test('tell the kubelet which devices work', async () => {
    start();
    const kubelet = await register();
    const seen: Record<string, string>[] = [];
    for await (const { devices } of kubelet.nodeWatchResources({})) {
      seen.push(Object.fromEntries(devices.map(({ device, health }) => [device?.deviceName, health])));
      if (seen.length === 1) source.set([virtualFunction(0), virtualFunction(1, { usable: false })]);
      if (seen.at(-1)?.['vf-0000-3d-01-1'] === 'UNHEALTHY') break;
    }
    expect(seen[0]).toEqual({ 'vf-0000-3d-01-0': 'HEALTHY', 'vf-0000-3d-01-1': 'HEALTHY' });
    kubelet.close();
  });
});
