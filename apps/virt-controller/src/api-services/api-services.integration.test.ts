import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { kubevirts } from '@quickvirt/api';
import {
  apiServices,
  configMaps,
  deployments,
  Informer,
  isNotFound,
  KubeClient,
  Manager,
  namespaces,
  pods,
  type ApiService,
} from '@quickvirt/kube';
import { createLogger } from '@quickvirt/telemetry';
import { eventually, settle, startControlPlane, type ControlPlane } from '@quickvirt/testing';
import { makeInformers } from '../informers.ts';
import { rbac } from '../rbac.ts';
import { apiServicesController, withdrawFromEndingNamespace } from './index.ts';

const NAMESPACE = 'quickvirt';
const USER = `system:serviceaccount:${NAMESPACE}:virt-controller`;
const NAMES = ['v1', 'v1alpha3'].map((version) => `${version}.subresources.kubevirt.io`);

let plane: ControlPlane;
let admin: KubeClient;
let client: KubeClient;

beforeAll(async () => {
  plane = await startControlPlane();
  admin = await KubeClient.load({ kubeconfig: plane.apiserver.kubeconfigPath });
  client = await KubeClient.load({ kubeconfig: await plane.apiserver.kubeconfigFor({ name: USER }) });
  await plane.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }]);
  await plane.apply([...ownRights(), virtApi()]);
}, 1_800_000);

afterAll(async () => {
  await client?.close();
  await admin?.close();
  await plane?.stop();
});

/** The rights of virt-controller for its own namespace and cluster, and no others. */
function ownRights(): object[] {
  const group = 'rbac.authorization.k8s.io';
  const subjects = [{ kind: 'User', name: USER, apiGroup: group }];
  const metadata = { name: 'virt-controller' };
  const own = { ...metadata, namespace: NAMESPACE };
  const role = (kind: string) => ({ apiGroup: group, kind, name: metadata.name });
  return [
    { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata, rules: rbac.cluster },
    { apiVersion: `${group}/v1`, kind: 'Role', metadata: own, rules: rbac.namespaced },
    { apiVersion: `${group}/v1`, kind: 'ClusterRoleBinding', metadata, roleRef: role('ClusterRole'), subjects },
    { apiVersion: `${group}/v1`, kind: 'RoleBinding', metadata: own, roleRef: role('Role'), subjects },
  ];
}

/** A Deployment as the chart's, whose pods nothing runs: they are as ready as a test says. */
function virtApi(): object {
  const labels = { 'kubevirt.io': 'virt-api' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'x', image: 'registry.invalid/x' }] } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'virt-api', namespace: NAMESPACE },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  };
}

/** Port 1 of this machine: nothing listens there. */
async function register(): Promise<void> {
  const services = NAMES.map((name) => ({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
    spec: {
      group: 'subresources.kubevirt.io',
      version: name.split('.')[0],
      groupPriorityMinimum: 1000,
      versionPriority: 15,
      service: { name: 'virt-api', namespace: NAMESPACE, port: 1 },
    },
  }));
  const service = { type: 'ExternalName', externalName: 'localhost', ports: [{ port: 1 }] };
  await plane.apply([
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'virt-api', namespace: NAMESPACE }, spec: service },
    ...services,
  ]);
}

async function registered(): Promise<ApiService[]> {
  const { items } = await admin.list(apiServices);
  return items.filter(({ spec }) => spec?.group === 'subresources.kubevirt.io');
}

function informersOf() {
  const informers = makeInformers(client, { namespace: NAMESPACE, logger });
  // No CRD is installed here; nothing but an event needs the object.
  return { ...informers, kubevirts: new Informer(client, kubevirts, { logger }) };
}

const logger = createLogger({ component: 'test', verbosity: 0 });
const quiet = { ...logger, info: () => undefined, warn: () => undefined, child: () => quiet };

/** Runs the controller with an outage of half a second for a long one. */
async function controlled(work: () => Promise<void>): Promise<void> {
  const recorder = { event: () => undefined };
  const ports = { client, informers: informersOf(), recorder, namespace: NAMESPACE, withdrawnAfterMs: 500 };
  const stop = new AbortController();
  const running = new Manager({ logger: quiet })
    .addControllers(apiServicesController(ports, { logger: quiet }))
    .run(stop.signal);
  try {
    await work();
  } finally {
    stop.abort();
    await running;
  }
}

async function podsBecome(ready: 'True' | 'False'): Promise<void> {
  const [pod] = (
    await eventually(async () => {
      const { items } = await admin.list(pods, { namespace: NAMESPACE, labelSelector: 'kubevirt.io=virt-api' });
      return items.length > 0 && items;
    })
  ).map(({ metadata }) => metadata);
  const conditions = [{ type: 'Ready', status: ready }];
  await admin.patch(
    pods,
    { name: pod?.name ?? '', namespace: NAMESPACE },
    { status: { phase: 'Running', conditions } },
    { kind: 'strategic', subresource: 'status' },
  );
  await eventually(async () => {
    const { status } = await admin.get(deployments, { name: 'virt-api', namespace: NAMESPACE });
    return (status?.readyReplicas ?? 0) > 0 === (ready === 'True');
  });
}

async function namespaceGoes(name: string): Promise<void> {
  // The controller tries again with a growing pause, up to a minute.
  await eventually(
    async () => {
      try {
        await admin.get(namespaces, { name });
        return false;
      } catch (error) {
        return isNotFound(error);
      }
    },
    { timeoutMs: 90_000, intervalMs: 250 },
  );
}

async function discoveryKeeps(name: string): Promise<void> {
  await eventually(
    async () => {
      const { status } = await admin.get(namespaces, { name });
      return status?.conditions?.some(
        ({ type, status: state }) => type === 'NamespaceDeletionDiscoveryFailure' && state === 'True',
      );
    },
    { timeoutMs: 60_000 },
  );
}

describe('an aggregated API that nobody answers', () => {
  test('keeps namespaces from going, is withdrawn, and comes back as it was', async () => {
    await register();
    await eventually(async () =>
      (await registered()).every(({ status }) => status?.conditions?.some(({ status: is }) => is === 'False')),
    );
    const before = await registered();
    expect(before.map(({ metadata }) => metadata.name)).toEqual(NAMES);
    await admin.create(namespaces, { metadata: { name: 'going' } });
    await admin.delete(namespaces, { name: 'going' });
    // Without this the test would prove nothing.
    await discoveryKeeps('going');

    await controlled(async () => {
      await eventually(async () => (await registered()).length === 0);
      await namespaceGoes('going');
    });

    // Somebody registers them anew; a virt-controller that starts only now knows from the record that they must go.
    await register();
    await controlled(() => eventually(async () => (await registered()).length === 0).then(() => undefined));

    await podsBecome('True');
    await controlled(async () => {
      const again = await eventually(async () => {
        const services = await registered();
        return services.length === 2 && services;
      });
      // Their owner, too: who applied them can go on applying.
      expect(again.map(asInstalled)).toEqual(before.map(asInstalled));
      // Ready, and still out of reach: it is withdrawn for the next pause.
      await eventually(async () => (await registered()).length === 0, { timeoutMs: 20_000 });
    });
    await podsBecome('False');
  }, 180_000);

  test('is withdrawn at once when our own namespace is being deleted', async () => {
    await admin.delete(configMaps, { name: 'quickvirt-withdrawn-api-services', namespace: NAMESPACE });
    await register();
    const { apiServices: informer } = informersOf();
    const stop = new AbortController();
    const running = informer.run(stop.signal);
    await informer.synced();
    const ports = { client, informers: { ...informersOf(), apiServices: informer }, namespace: NAMESPACE };
    await withdrawFromEndingNamespace(ports, quiet);
    expect(await registered()).toHaveLength(2);

    await admin.delete(namespaces, { name: NAMESPACE });
    await withdrawFromEndingNamespace(ports, quiet);
    await settle(async () => expect(await registered()).toEqual([]));
    stop.abort();
    await running;
    await namespaceGoes(NAMESPACE);
  }, 120_000);
});

/** What was installed, and by whom, without what the API server and the injection add. */
function asInstalled({ metadata, spec }: ApiService) {
  const { name, labels, annotations } = metadata;
  const fields = (metadata as { managedFields?: { manager: string; operation: string; subresource?: string }[] })
    .managedFields;
  const { caBundle: _caBundle, ...own } = spec ?? {};
  return {
    name,
    labels,
    annotations,
    spec: own,
    owners: fields
      ?.filter(({ subresource }) => !subresource)
      .map(({ manager, operation }) => `${manager} ${operation}`),
  };
}
