import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, contentHash, controlPlaneBinaries } from '@quickvirt/cluster';
import { bootSectorImage, eventually, startControlPlane, type ControlPlane } from '@quickvirt/testing';
import { installRelease, startProduct, type Product } from '../../bench/pretended-cluster/product.ts';
import { bundleApp, bundleFile } from '../../tools/bundle.ts';
import { denylistStandIns } from './denylist.ts';
import { SHARE_FOLDER } from './initramfs.ts';
import { nodeKernel } from './kernel.ts';
import { HOST_ADDRESS } from './machine.ts';
import type { NodeConfig } from './node-config.ts';

/** Namespace of QuickVirt. */
export const SYSTEM = 'quickvirt';
export const NODE_NAME = 'nested';
const LAUNCHER_IMAGE = 'localhost/quickvirt/virt-launcher:dev';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** QuickVirt on this machine, for a node that is elsewhere: real control plane, virt-api and virt-controller. */
export interface Installation {
  controlPlane: ControlPlane;
  kubectlPath: string;
  kubeconfigPath: string;
  /** Writes what a node needs into the folder that it shares with the host. */
  equipNode(shareFolder: string): Promise<{ agentPath: string }>;
  /** Keeps what the node found out for the next boot. */
  keepCapabilities(shareFolder: string): Promise<void>;
  /** Copies the logs of the control plane's and the product's processes. */
  saveLogs(folder: string): void;
  stop(): Promise<void>;
}

/** Starts it all; takes 20 s when programs and bundles are there. */
export async function startInstallation(): Promise<Installation> {
  const controlPlane = await startControlPlane({ ipAddresses: [HOST_ADDRESS] });
  let product: Product | undefined;
  const stop = async (): Promise<void> => {
    await product?.stop();
    await controlPlane.stop();
  };
  try {
    const { virtApiPort } = await installRelease(controlPlane);
    product = await startProduct(controlPlane, { virtApiPort, launcherImage: LAUNCHER_IMAGE });
    await controlPlane.apply([...nodeAgentRights(), nodeObject(), handlerPod(), kubevirt()]);
  } catch (error) {
    await stop();
    throw error;
  }
  const logFolders = [controlPlane.apiserver.folder, product.folder];
  const { kubectl: kubectlPath } = await controlPlaneBinaries();
  return {
    controlPlane,
    kubectlPath,
    kubeconfigPath: controlPlane.apiserver.kubeconfigPath,
    equipNode: (shareFolder) => equipNode(controlPlane, shareFolder),
    keepCapabilities: async (shareFolder) =>
      cpSync(join(shareFolder, 'capabilities'), await capabilitiesFolder(), { recursive: true }),
    saveLogs: (folder) => {
      for (const from of logFolders)
        for (const name of readdirSync(from).filter((file) => file.endsWith('.log')))
          cpSync(join(from, name), join(folder, name));
    },
    stop,
  };
}

async function equipNode(controlPlane: ControlPlane, shareFolder: string): Promise<{ agentPath: string }> {
  const { apiserver } = controlPlane;
  mkdirSync(shareFolder, { recursive: true });
  const guestDiskPath = join(shareFolder, 'guest.img');
  writeFileSync(guestDiskPath, bootSectorImage());
  const { modulesRoot, release } = await nodeKernel();
  const vfioPci = join(modulesRoot, 'lib/modules', release, 'kernel/drivers/vfio/pci/vfio-pci.ko');
  writeFileSync(join(shareFolder, 'vfio-pci-denylisted.ko'), denylistStandIns(readFileSync(vfioPci)));
  const launcher = dockerfileWords('virt-launcher');
  const handler = dockerfileWords('virt-handler');
  const probe = ['images/src/probe-capabilities.ts', 'images/dist/probe-capabilities.mjs'] as const;
  const { hostname, port } = new URL(apiserver.url);
  if (hostname !== '127.0.0.1') throw new Error(`the API server is not on the loopback address: ${apiserver.url}`);
  const kept = await capabilitiesFolder();
  cpSync(kept, join(shareFolder, 'capabilities'), { recursive: true });
  const config: NodeConfig = {
    nodeName: NODE_NAME,
    namespace: SYSTEM,
    apiServer: { host: HOST_ADDRESS, port },
    launcherImage: {
      ...launcher,
      nodePath: process.execPath,
      bundlePath: await bundleApp('virt-launcher'),
      probePath: await bundleFile(`${ROOT}${probe[0]}`, `${ROOT}${probe[1]}`),
      capabilitiesPath: `${SHARE_FOLDER}/capabilities`,
    },
    guestDiskPath: '/share/guest.img',
    virtHandler: {
      podName: HANDLER_POD,
      nodePath: process.execPath,
      bundlePath: await bundleApp('virt-handler'),
      entryArguments: handler.entryPoint.filter((word) => word.startsWith('--')),
      args: ['--log-verbosity=4'],
    },
  };
  writeFileSync(join(shareFolder, 'node.json'), JSON.stringify(config, null, 2));
  await login(controlPlane, shareFolder, 'node-agent', []);
  const { uid } = JSON.parse(
    await apiserver.kubectl('get', 'pod', HANDLER_POD, '--namespace', SYSTEM, '-o', 'jsonpath={.metadata}'),
  ) as { uid: string };
  const bound = ['--bound-object-kind=Pod', `--bound-object-name=${HANDLER_POD}`, `--bound-object-uid=${uid}`];
  await login(controlPlane, shareFolder, 'virt-handler', bound);
  const agentPath = await bundleFile(`${ROOT}e2e/qat/node-agent/main.ts`, `${ROOT}e2e/dist/node-agent.mjs`);
  return { agentPath };
}

/** What libvirt said of this QEMU, kept from one run to the next. */
async function capabilitiesFolder(): Promise<string> {
  const { release } = await nodeKernel();
  const programs = [
    '/usr/bin/qemu-system-x86_64',
    '/usr/sbin/libvirtd',
    `${ROOT}apps/virt-launcher/src/node-capabilities.ts`,
  ];
  return cacheFolder('node-capabilities', contentHash([release], programs));
}

/** What a kubelet would mount: token, CA and namespace of a service account. */
async function login(
  { apiserver }: ControlPlane,
  shareFolder: string,
  account: string,
  bound: readonly string[],
): Promise<void> {
  const folder = join(shareFolder, 'logins', account);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const token = await apiserver.kubectl('create', 'token', account, '--namespace', SYSTEM, '--duration=4h', ...bound);
  writeFileSync(join(folder, 'token'), token.trim(), { mode: 0o600 });
  writeFileSync(join(folder, 'ca.crt'), apiserver.authority.certificatePem);
  writeFileSync(join(folder, 'namespace'), SYSTEM);
}

/** How an app's image starts it. */
function dockerfileWords(app: string): { entryPoint: string[]; environment: string[] } {
  const text = readFileSync(`${ROOT}images/${app}/Dockerfile`, 'utf8');
  const entryPoint = /^ENTRYPOINT (\[.*\])$/m.exec(text)?.[1];
  if (!entryPoint) throw new Error(`images/${app}/Dockerfile has no ENTRYPOINT`);
  const environment = [...text.matchAll(/^ENV (\S+=\S+)$/gm)].map((match) => match[1] ?? '');
  return { entryPoint: JSON.parse(entryPoint) as string[], environment };
}

const HANDLER_POD = `virt-handler-${NODE_NAME}`;

/** The pod that virt-handler's token is bound to, so that the API server knows its node. */
function handlerPod(): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: HANDLER_POD, namespace: SYSTEM, labels: { 'kubevirt.io': 'virt-handler' } },
    spec: {
      nodeName: NODE_NAME,
      serviceAccountName: 'virt-handler',
      tolerations: [{ operator: 'Exists' }],
      containers: [{ name: 'virt-handler', image: 'localhost/quickvirt/virt-handler:dev' }],
    },
  };
}

function nodeObject(): object {
  const labels = {
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/os': 'linux',
    'kubernetes.io/hostname': NODE_NAME,
  };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE_NAME, labels }, spec: {} };
}

/** The stand-ins as a family of QAT cards, and QEMU's `edu` for what is no QAT card. */
function kubevirt(): object {
  const standIn = {
    family: 'stand-in',
    generation: 4,
    physicalFunction: '8086:5845',
    virtualFunction: '8086:5845',
    physicalFunctionDrivers: ['nvme'],
    services: ['sym', 'dc'],
  };
  const edu = { pciVendorSelector: '1234:11E8', resourceName: 'example.org/edu' };
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'KubeVirt',
    metadata: { name: 'kubevirt', namespace: SYSTEM },
    spec: {
      configuration: {
        developerConfiguration: { useEmulation: true, featureGates: ['HostDevices'] },
        permittedHostDevices: { pciHostDevices: [edu], qat: { extraDevices: [standIn] } },
      },
    },
  };
}

/** The node agent plays the kubelet and the administrator's hand. */
function nodeAgentRights(): object[] {
  const name = 'node-agent';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: SYSTEM } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name, namespace: SYSTEM }],
    },
  ];
}

/** Waits until the node takes pods: its kubelet and its virt-handler are there. */
export async function nodeReady({ apiserver }: ControlPlane, timeoutMs: number): Promise<void> {
  await eventually(
    async () => {
      const node = await apiserver.kubectl('get', 'node', NODE_NAME, '-o', 'json');
      const { metadata, spec } = JSON.parse(node) as {
        metadata: { labels: Record<string, string> };
        spec: { taints?: unknown[] };
      };
      return metadata.labels['kubevirt.io/schedulable'] === 'true' && !spec.taints?.length;
    },
    { timeoutMs, intervalMs: 250 },
  );
}
