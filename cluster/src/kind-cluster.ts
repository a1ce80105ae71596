import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { cacheFolder } from './cache.ts';
import { command, CommandFailed, tryCommand } from './command.ts';
import { engineEnvironment, findEngine, runEngine } from './engine.ts';
import { buildFamily, controlPlaneBinaries } from './go-programs.ts';
import { buildNodeImage } from './node-image.ts';
import { hasNodeDisk, makeNodeDisks, releaseNodeDisks, type ExtraMount } from './node-disk.ts';
import { gatherNodeLogs } from './node-logs.ts';
import type { Progress } from './progress.ts';
import { hasImage, publicKindConfig, publicNodeImage, registryAnswers } from './registry.ts';

/** How to reach a cluster, and with what. */
export interface ClusterAccess {
  kubeconfigPath: string;
  kubectlPath: string;
  helmPath: string;
}

/** Where the kubeconfig of a cluster of ours is. */
function kubeconfigPathOf(name: string): string {
  return join(cacheFolder('clusters'), `${name}.kubeconfig`);
}

/** Runs kind with the engine that is there. */
export async function kind(args: string[], show = false): Promise<string> {
  const programs = await buildFamily('kind');
  return command([programs.kind ?? '', ...args], { env: await engineEnvironment(await findEngine()), show });
}

/** What a cluster of ours is made of. */
export interface ClusterShape {
  workers: number;
  /** A file system of its own for each worker, of this many bytes; the machine's disk is theirs when unset. */
  nodeDiskBytes?: number;
}

/**
 * kind's configuration for one control plane and `workers` workers. Pure.
 * @param base the text of `e2e/kind.yaml`
 * @param mounts of each worker; none when empty
 */
export function kindConfig(base: string, workers: number, mounts: readonly ExtraMount[][] = []): string {
  const { nodes: _nodes, ...rest } = parse(base) as Record<string, unknown>;
  const ofWorkers = Array.from({ length: workers }, (_, index) => ({
    role: 'worker',
    ...(mounts[index] && { extraMounts: mounts[index] }),
  }));
  return stringify({ ...rest, nodes: [{ role: 'control-plane' }, ...ofWorkers] });
}

/** The names of the clusters that kind knows here. */
export async function clusterNames(): Promise<string[]> {
  return (await kind(['get', 'clusters']))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('No kind clusters'));
}

/** The containers that are a cluster's nodes. */
export async function nodeContainers(name: string): Promise<string[]> {
  const names = await runEngine([
    'ps',
    '--all',
    '--filter',
    `label=io.x-k8s.kind.cluster=${name}`,
    '--format',
    '{{.Names}}',
  ]);
  return names
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .sort();
}

/** The node image: pulled where a registry answers, built where none does. */
async function nodeImage(): Promise<string> {
  const image = publicNodeImage();
  if ((await hasImage(image)) || (await registryAnswers())) return image;
  return buildNodeImage();
}

/**
 * Brings a cluster up, or finds it up.
 * @throws when a cluster of that name is up with another number of workers: what runs in it may be of use to someone.
 */
export async function up(name: string, shape: ClusterShape, progress: Progress): Promise<ClusterAccess> {
  const { workers, nodeDiskBytes } = shape;
  const access = await accessTo(name);
  if ((await clusterNames()).includes(name)) {
    if (!existsSync(access.kubeconfigPath))
      await kind(['export', 'kubeconfig', '--name', name, '--kubeconfig', access.kubeconfigPath]);
    if (await answers(access)) {
      const nodes = await nodeContainers(name);
      const there = nodes.length - 1;
      const worker = nodes.find((node) => !node.endsWith('-control-plane'));
      if (there === workers) {
        if (nodeDiskBytes !== undefined && worker && !(await hasNodeDisk(worker)))
          console.log(`cluster ${name} is taken as it is: its workers have no disk of their own`);
        return access;
      }
      throw new Error(
        `cluster ${name} is up with ${there} worker${there === 1 ? '' : 's'}, not ${workers}: take it down first ` +
          `(npm run cluster -- down --name ${name}), or give another --name`,
      );
    }
    // A node that was stopped comes back with another address; a new cluster is there sooner than a repair.
    console.log(`cluster ${name} does not answer: it is made anew`);
    await kind(['delete', 'cluster', '--name', name]);
  }
  const image = await progress.step('node image', nodeImage, 'about 15 min when nothing is cached, else seconds');
  await progress.step(
    `cluster ${name} with ${workers} worker${workers === 1 ? '' : 's'}`,
    () => create(name, shape, image, access),
    nodeDiskBytes === undefined ? 'about 30 s' : 'about 45 s',
  );
  return access;
}

/**
 * Each node runs systemd, containerd, kubelet and pods, which together watch files with some 25 inotify instances; with
 * the usual limit of 128 a user the fifth node's kubelet does not start.
 * Source: https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files
 */
const inotifyInstances = 512;
const inotifyLimitPath = '/proc/sys/fs/inotify/max_user_instances';

function raiseInotifyLimit(): void {
  const limit = Number(readFileSync(inotifyLimitPath, 'utf8'));
  if (limit >= inotifyInstances) return;
  try {
    writeFileSync(inotifyLimitPath, String(inotifyInstances));
    console.log(`fs.inotify.max_user_instances raised from ${limit} to ${inotifyInstances}, until the next reboot`);
  } catch {
    console.log(
      `fs.inotify.max_user_instances is ${limit}; for more than 4 nodes: sysctl fs.inotify.max_user_instances=${inotifyInstances}`,
    );
  }
}

async function create(name: string, shape: ClusterShape, image: string, access: ClusterAccess): Promise<void> {
  const { workers, nodeDiskBytes } = shape;
  raiseInotifyLimit();
  try {
    const mounts = nodeDiskBytes === undefined ? [] : await makeNodeDisks(name, workers, nodeDiskBytes, image);
    await createNodes(name, kindConfig(readFileSync(publicKindConfig, 'utf8'), workers, mounts), image, access);
  } finally {
    await releaseNodeDisks(name);
  }
}

async function createNodes(name: string, config: string, image: string, access: ClusterAccess): Promise<void> {
  const configPath = join(cacheFolder('clusters'), `${name}.kind.yaml`);
  writeFileSync(configPath, config);
  const flags = ['--name', name, '--image', image, '--config', configPath, '--kubeconfig', access.kubeconfigPath];
  await kind(['create', 'cluster', ...flags, '--wait', '120s', '--retain']).catch(async (error: Error) => {
    const folder = failedClusterFolder(name);
    await gatherNodeLogs(folder, await nodeContainers(name));
    await kind(['delete', 'cluster', '--name', name]);
    const said = error instanceof CommandFailed ? kindErrors(error.output) : error.message;
    throw new Error(`kind could not make cluster ${name}; its nodes' logs are in ${folder}\n${said}`, { cause: error });
  });
  const kubectl = [access.kubectlPath, '--kubeconfig', access.kubeconfigPath];
  await command([...kubectl, 'wait', '--for=condition=Ready', 'node', '--all', '--timeout=120s']);
}

/** What kind says went wrong: its own lines and kubeadm's, without Go's stacks. Pure. */
export function kindErrors(output: string): string {
  const lines = output
    .split('\n')
    .filter((line) => /^(ERROR|error|\[ERROR|Command Output|.*\bfailed\b|.*[Uu]nfortunately)/.test(line));
  return (lines.length > 0 ? lines : output.trim().split('\n').slice(-5)).slice(0, 12).join('\n');
}

/** Where the logs of a cluster that did not come up are kept, outside of the checkout. */
function failedClusterFolder(name: string): string {
  const folder = cacheFolder('clusters', `${name}.failed`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  return folder;
}

/** Takes a cluster and everything of it away. Does nothing when it is not there. */
export async function down(name: string): Promise<boolean> {
  const there = (await clusterNames()).includes(name);
  if (there) await kind(['delete', 'cluster', '--name', name]);
  await releaseNodeDisks(name);
  for (const file of [
    kubeconfigPathOf(name),
    join(cacheFolder('clusters'), `${name}.kind.yaml`),
    join(cacheFolder('clusters'), `${name}.loaded.json`),
    join(cacheFolder('clusters'), `${name}.failed`),
  ])
    rmSync(file, { force: true, recursive: true });
  return there;
}

/** How to reach a cluster of ours; whether it is up is another question. */
export async function accessTo(name: string): Promise<ClusterAccess> {
  const { kubectl, helm } = await controlPlaneBinaries();
  return { kubeconfigPath: kubeconfigPathOf(name), kubectlPath: kubectl, helmPath: helm };
}

/** Whether the API server answers. */
export async function answers({ kubectlPath, kubeconfigPath }: ClusterAccess): Promise<boolean> {
  if (!existsSync(kubeconfigPath)) return false;
  return (
    (await tryCommand([
      kubectlPath,
      '--kubeconfig',
      kubeconfigPath,
      'get',
      '--raw',
      '/readyz',
      '--request-timeout=5s',
    ])) !== undefined
  );
}
