import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { get, type ClientRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command, controlPlaneBinaries } from '@quickvirt/cluster';
import {
  eventually,
  freePorts,
  lastLines,
  launchProcess,
  settle,
  type ControlPlane,
  type LaunchedProcess,
} from '@quickvirt/testing';
import { parseAllDocuments } from 'yaml';
import { bundleApp } from '../../tools/bundle.ts';
import { heapBytesInUse } from './heap.ts';
import { keepRunning, type KeptProcess } from './kept-process.ts';
import { releaseObjects, type Manifest } from './release.ts';

/** virt-api and virt-controller, one of each, as this machine's processes. */
export interface Product {
  readonly processIds: { 'virt-api': number; 'virt-controller': number };
  /** How often each was started again after it had ended. */
  readonly restarts: { 'virt-api': number; 'virt-controller': number };
  /** Bytes of virt-controller's heap that are in use after a collection of all garbage. */
  controllerHeapBytes(): Promise<number>;
  /** Where virt-controller serves /metrics over plain HTTP. */
  controllerMetricsPort: number;
  /** Holds `virt-api.log` and `virt-controller.log`; gone after `stop`. */
  folder: string;
  stop(): Promise<void>;
}

/** How the product is started. */
export interface ProductOptions {
  /** As `installRelease` says. */
  virtApiPort: number;
  /** Image of launcher pods; by default one that no node could pull. */
  launcherImage?: string;
}

const NAMESPACE = 'quickvirt';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where the kubelet would put a pod's login; each process has a mount of its own there. */
const LOGIN_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Applies the chart but for its workloads, and says where virt-api must listen.
 * @param helmArgs further arguments of `helm template`, for example `--set key=value`
 */
export async function installRelease(
  cluster: ControlPlane,
  helmArgs: readonly string[] = [],
): Promise<{ virtApiPort: number }> {
  const { helm } = await controlPlaneBinaries();
  const [virtApiPort = 0] = await freePorts(1);
  const chart = ['template', 'quickvirt', `${ROOT}charts/quickvirt`, '--namespace', NAMESPACE];
  const rendered = await command([helm, ...chart, ...helmArgs]);
  const manifests = parseAllDocuments(rendered)
    .map((document) => document.toJS() as Manifest | null)
    .filter((object) => object !== null);
  const objects = releaseObjects(manifests, virtApiPort);
  const isDefinition = ({ kind }: Manifest) => kind === 'CustomResourceDefinition' || kind === 'Namespace';
  await cluster.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    ...objects.filter(isDefinition),
  ]);
  await eventually(
    () => cluster.apiserver.kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'),
    { timeoutMs: 60_000 },
  );
  // Ahead of the webhooks, which nothing answers yet.
  await cluster.apply([
    {
      apiVersion: 'kubevirt.io/v1',
      kind: 'KubeVirt',
      metadata: { name: 'kubevirt', namespace: NAMESPACE },
      spec: { configuration: { developerConfiguration: { useEmulation: true } } },
    },
  ]);
  await cluster.apply(objects.filter((object) => !isDefinition(object)));
  return { virtApiPort };
}

/**
 * Starts the bundles that the images hold, each with a token of its service account where a pod has it, so that they are
 * the processes that a cluster runs.
 * @throws Error with the end of the log of the one that did not become ready
 */
export async function startProduct(
  cluster: ControlPlane,
  { virtApiPort, launcherImage = 'registry.invalid/virt-launcher:bench' }: ProductOptions,
): Promise<Product> {
  const folder = mkdtempSync(join(tmpdir(), 'quickvirt-product-'));
  const [controllerMetricsPort = 0, inspectPort = 0] = await freePorts(2);
  const start = async (app: 'virt-api' | 'virt-controller', nodeArgs: string[], args: string[]) => {
    const program = [...imageNodeFlags(app), ...nodeArgs, await bundleApp(app), ...args];
    return keepRunning((count) => launchInPodGuise(cluster, folder, { app, count, program }));
  };
  const controller = await start(
    'virt-controller',
    [`--inspect-port=${inspectPort}`],
    [`--launcher-image=${launcherImage}`, `--health-port=${controllerMetricsPort}`, '--log-verbosity=1'],
  );
  const api = await start('virt-api', [], [`--port=${virtApiPort}`, '--log-verbosity=1']);
  const stop = async (): Promise<void> => {
    await Promise.all([controller.stop(), api.stop()]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await isReady(controller, () => statusOf(get(`http://127.0.0.1:${controllerMetricsPort}/readyz`)));
    // The certificate is not looked at: the webhooks' calls show that it fits.
    const readyz = `https://127.0.0.1:${virtApiPort}/readyz`;
    await isReady(api, () => statusOf(request(readyz, { rejectUnauthorized: false })));
    await webhooksAnswer(cluster);
  } catch (error) {
    await stop();
    throw error;
  }
  const pidOf = ({ current }: KeptProcess): number => current.child.pid ?? 0;
  return {
    get processIds() {
      return { 'virt-api': pidOf(api), 'virt-controller': pidOf(controller) };
    },
    get restarts() {
      return { 'virt-api': api.restarts, 'virt-controller': controller.restarts };
    },
    controllerHeapBytes: () => heapBytesInUse(pidOf(controller), inspectPort),
    controllerMetricsPort,
    folder,
    stop,
  };
}

/** The flags that the app's image gives to Node. */
function imageNodeFlags(app: string): string[] {
  const dockerfile = readFileSync(`${ROOT}images/${app}/Dockerfile`, 'utf8');
  const [, entrypoint = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  return (JSON.parse(entrypoint) as string[]).filter((argument) => argument.startsWith('--'));
}

/** @param program arguments of Node; `count` tells the starts of an app apart by their logs. */
async function launchInPodGuise(
  cluster: ControlPlane,
  folder: string,
  { app, count, program }: { app: string; count: number; program: readonly string[] },
): Promise<LaunchedProcess> {
  const login = join(folder, app);
  mkdirSync(login, { recursive: true });
  const { apiserver } = cluster;
  const token = await apiserver.kubectl('create', 'token', app, '--namespace', NAMESPACE, '--duration=24h');
  writeFileSync(join(login, 'token'), token.trim(), { mode: 0o600 });
  writeFileSync(join(login, 'ca.crt'), apiserver.authority.certificatePem);
  writeFileSync(join(login, 'namespace'), NAMESPACE);
  // A mount namespace of its own: nothing of it is seen by the machine or left behind.
  const script = [
    'mount -t tmpfs tmpfs /run',
    `mkdir -p ${LOGIN_FOLDER}`,
    `mount --bind ${login} ${LOGIN_FOLDER}`,
    'exec "$@"',
  ].join(' && ');
  const { hostname, port } = new URL(apiserver.url);
  return launchProcess(
    'unshare',
    join(folder, count === 0 ? `${app}.log` : `${app}.${count}.log`),
    ['--mount', '--propagation=private', 'sh', '-c', script, 'sh', process.execPath, ...program],
    {
      PATH: process.env['PATH'],
      HOME: login,
      POD_NAMESPACE: NAMESPACE,
      POD_NAME: `${app}-0`,
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
    },
  );
}

async function isReady(kept: KeptProcess, status: () => Promise<number>): Promise<void> {
  await settle(
    async () => {
      const answer = await status().catch((error: Error) => error.message);
      if (answer !== 200) throw new Error(`readyz answers ${answer}:\n${lastLines(kept.current.logPath)}`);
    },
    { timeoutMs: 60_000, intervalMs: 100 },
  );
}

/** The first one that gets through: CA bundle, certificate and port all fit then. */
async function webhooksAnswer({ apiserver }: ControlPlane): Promise<void> {
  const probe = join(apiserver.folder, 'probe.json');
  const spec = { domain: { devices: {}, memory: { guest: '64Mi' } } };
  writeFileSync(
    probe,
    JSON.stringify({
      apiVersion: 'kubevirt.io/v1',
      kind: 'VirtualMachineInstance',
      metadata: { name: 'probe', namespace: 'default' },
      spec,
    }),
  );
  await eventually(() => apiserver.kubectl('create', '--dry-run=server', '-f', probe), {
    timeoutMs: 60_000,
    intervalMs: 250,
  });
}

/** The code that a request is answered with. */
function statusOf(sent: ClientRequest): Promise<number> {
  return new Promise((resolve, reject) => {
    sent
      .once('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
      .once('error', reject)
      .end();
  });
}
