import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { command, runEngine } from '@quickvirt/cluster';
import { runStage } from './stages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const clusterProgram = `${root}cluster/src/main.ts`;

/** A cluster with QuickVirt's chart installed from this checkout. */
export interface Deployment {
  kubeconfigPath: string;
  kubectlPath: string;
  helmPath: string;
  /** Namespace of the release. */
  namespace: string;
}

/** What to bring up. */
export interface DeploymentOptions {
  /** Name of the kind cluster. */
  name: string;
  /** Worker nodes. */
  nodes: number;
  /** Of each worker's own disk, such as `10Gi`; the machine's disk is theirs when unset. */
  nodeDiskSize?: string;
  /** Install what the machine lacks without asking. */
  yes: boolean;
  /** Build and load nothing: the images are in the cluster already. */
  skipImages?: boolean;
}

/** How long each stage took, in the order they ran. */
export type Timings = { title: string; durationMs: number }[];

/**
 * Brings it all about, each stage only when need be: what the machine lacks, cluster, images, chart.
 * A cluster in KUBECONFIG is used as it is.
 * @throws when a stage fails; its output has been shown.
 */
export async function deploy(options: DeploymentOptions): Promise<{ deployment: Deployment; timings: Timings }> {
  const timings: Timings = [];
  const existing = process.env.KUBECONFIG !== undefined && process.env.KUBECONFIG !== '';
  const cluster = existing ? ['--provider', 'existing'] : ['--name', options.name];
  const yes = options.yes ? ['--yes'] : [];
  const stage = async (title: string, command: string[]): Promise<void> => {
    const began = Date.now();
    if (!(await runStage({ title, command }))) throw new Error(`${title} failed; see above`);
    timings.push({ title, durationMs: Date.now() - began });
  };
  const node = process.execPath;
  await stage('what this machine needs', [node, clusterProgram, 'prepare', ...yes]);
  if (!options.skipImages) await stage('images', [node, `${root}images/src/main.ts`]);
  const disks = options.nodeDiskSize === undefined ? [] : ['--node-disk-size', options.nodeDiskSize];
  await stage('cluster', [node, clusterProgram, 'up', ...cluster, '--nodes', String(options.nodes), ...disks, ...yes]);
  if (!options.skipImages) await stage('images into the cluster', [node, clusterProgram, 'load', ...cluster]);
  const deployment: Deployment = { ...(await locate(cluster)), namespace: 'quickvirt' };
  const helm = (...args: string[]): string[] => [
    deployment.helmPath,
    '--kubeconfig',
    deployment.kubeconfigPath,
    '--namespace',
    deployment.namespace,
    ...args,
  ];
  await stage(
    'chart',
    helm(
      'upgrade',
      '--install',
      'quickvirt',
      `${root}charts/quickvirt`,
      '--create-namespace',
      '--values',
      `${root}e2e/values.yaml`,
      ...(existing ? [] : ['--set-string', `podAnnotations.quickvirt\\.io/images=${await builtImages()}`]),
      '--wait',
      '--timeout',
      '180s',
    ),
  );
  const kubectl = [
    deployment.kubectlPath,
    '--kubeconfig',
    deployment.kubeconfigPath,
    '--namespace',
    deployment.namespace,
  ];
  await stage('QuickVirt available', [
    ...kubectl,
    'wait',
    '--for=condition=Available',
    'kubevirt/kubevirt',
    '--timeout=120s',
  ]);
  return { deployment, timings };
}

/** Tells the images of this checkout from earlier ones: all have the same tag, so Helm alone would see no change. */
async function builtImages(): Promise<string> {
  const names = ['virt-api', 'virt-controller', 'virt-handler', 'virt-launcher'];
  const images = names.map((name) => `localhost/quickvirt/${name}:dev`);
  const ids = await runEngine(['image', 'inspect', '--format', '{{.Id}}', ...images]);
  return createHash('sha256').update(ids).digest('hex').slice(0, 16);
}

/** Where the cluster's tools and its kubeconfig are. */
async function locate(cluster: string[]): Promise<Omit<Deployment, 'namespace'>> {
  const printed = await command([process.execPath, clusterProgram, 'env', ...cluster, '--output', 'json']);
  return JSON.parse(printed) as Omit<Deployment, 'namespace'>;
}
