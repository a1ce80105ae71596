/**
 * `npm run cluster -- VERB`: a local Kubernetes for development and tests. See docs/cluster.md.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder } from './cache.ts';
import { command } from './command.ts';
import { runEngine } from './engine.ts';
import { controlPlaneBinaries } from './go-programs.ts';
import { accessTo, answers, down, nodeContainers, up, type ClusterAccess } from './kind-cluster.ts';
import { load, ownImages } from './load.ts';
import { nodeDiskBytes } from './node-disk.ts';
import { gatherLogs } from './logs.ts';
import { Progress } from './progress.ts';
import { status } from './status.ts';
import { installSystemPackages } from './system-packages.ts';

const usage = `npm run cluster -- VERB [--name NAME] [--nodes WORKERS] [--node-disk-size SIZE] [--provider kind|existing] [--yes]

  prepare            install what this machine lacks, build the programs of the cluster
  up                 bring the cluster up (does nothing when it is)
  down               take it away, with everything of it
  status             say what does not run and why; exit status 1 when something does not
  load [IMAGE...]    put images into its nodes; without names, those that npm run images makes
  logs [--out DIR]   gather logs, events and domain XML into one folder
  env [--output json]  how to reach it: KUBECONFIG, kubectl, helm
  kubectl ARGS...    kubectl on it
  pause NODE, resume NODE, kill NODE   play a node that hangs, comes back, dies`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    name: { type: 'string', default: 'quickvirt' },
    nodes: { type: 'string', default: '1' },
    'node-disk-size': { type: 'string' },
    provider: { type: 'string', default: 'kind' },
    out: { type: 'string' },
    output: { type: 'string', default: 'shell' },
    yes: { type: 'boolean', default: false },
  },
});
const name = String(values.name);
const ours = values.provider !== 'existing';
const yes = values.yes === true || process.env.CI === 'true';
const [verb = '', ...rest] = positionals;

async function access(): Promise<ClusterAccess> {
  const tools = await accessTo(name);
  if (ours) return tools;
  const kubeconfigPath = process.env.KUBECONFIG;
  if (!kubeconfigPath) throw new Error('--provider existing uses the cluster of KUBECONFIG, and that is not set');
  return { ...tools, kubeconfigPath };
}

async function bringUp(): Promise<void> {
  if (!ours) {
    const existing = await access();
    if (!(await answers(existing)))
      throw new Error(`the API server of KUBECONFIG (${existing.kubeconfigPath}) does not answer`);
    console.log(`using the cluster of ${existing.kubeconfigPath}`);
    return;
  }
  await installSystemPackages(yes);
  const workers = Number(values.nodes);
  if (!Number.isInteger(workers) || workers < 0 || workers > 9)
    throw new Error(`--nodes ${String(values.nodes)}: 0 to 9 workers`);
  const size = values['node-disk-size'];
  const shape = { workers, ...(size !== undefined && { nodeDiskBytes: nodeDiskBytes(String(size)) }) };
  const { kubeconfigPath } = await up(name, shape, new Progress(2));
  console.log(`export KUBECONFIG=${kubeconfigPath}`);
}

/** The container of a node, by its name or the part after the cluster's name. */
async function nodeNamed(node: string | undefined): Promise<string> {
  const nodes = await nodeContainers(name);
  const found = nodes.find((candidate) => candidate === node || candidate === `${name}-${node}`);
  if (!found) throw new Error(`no node ${node ?? '(none named)'}; there are: ${nodes.join(', ') || 'none'}`);
  return found;
}

const verbs: Record<string, () => Promise<void>> = {
  prepare: async () => {
    await installSystemPackages(yes);
    await controlPlaneBinaries();
  },
  up: bringUp,
  down: async () => console.log((await down(name)) ? `cluster ${name} is gone` : `there was no cluster ${name}`),
  status: async () => {
    const { lines, well } = await status(name, await access(), ours);
    console.log(lines.join('\n'));
    if (!well) process.exitCode = 1;
  },
  load: async () => {
    if (!ours) return console.log('images of an existing cluster come from its own registry: nothing to load');
    const loaded = await load(name, rest.length > 0 ? rest : ownImages);
    console.log(loaded.length > 0 ? `loaded ${loaded.join(', ')}` : 'every node has them already');
  },
  logs: async () => {
    const folder = String(values.out ?? join(process.cwd(), 'out', 'cluster-logs'));
    await gatherLogs(folder, name, await access(), ours);
    console.log(folder);
  },
  env: async () => {
    const found = await access();
    if (values.output === 'json') console.log(JSON.stringify(found));
    else console.log(`export KUBECONFIG=${found.kubeconfigPath}\nexport PATH=${cacheFolder('bin')}:$PATH`);
  },
  kubectl: async () => {
    const { kubectlPath, kubeconfigPath } = await access();
    const words = process.argv.slice(process.argv.indexOf('kubectl') + 1);
    await command([kubectlPath, '--kubeconfig', kubeconfigPath, ...words], { show: true });
  },
  pause: async () => void (await runEngine(['pause', await nodeNamed(rest[0])])),
  resume: async () => void (await runEngine(['unpause', await nodeNamed(rest[0])])),
  kill: async () => void (await runEngine(['kill', await nodeNamed(rest[0])])),
};

const run = verbs[verb];
if (!run) {
  console.log(usage);
  process.exitCode = verb === '' || verb === 'help' ? 0 : 2;
} else {
  await run().catch((error: Error) => {
    console.error(`cluster: ${error.message}`);
    process.exitCode = 1;
  });
}
