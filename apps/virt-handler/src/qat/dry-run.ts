import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { kubevirts, type KubeVirt } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { Sysfs } from '@quickvirt/host';
import { KubeClient, nodes } from '@quickvirt/kube';
import {
  describeFinding,
  describeStep,
  planNode,
  predictRounds,
  takeInventory,
  type NodeFacts,
  type NodeMemory,
  type PhysicalFunction,
  type QatInventory,
  type QatSettings,
} from '@quickvirt/qat';
import { dialPodResources } from '@quickvirt/rpc';
import { UsageError } from '../options.ts';
import { listedFunctions } from './allocations.ts';
import { readCheckpoint } from './checkpoint.ts';
import { gatherFacts } from './gather-facts.ts';

/** First argument of virt-handler that asks for this instead. */
export const QAT_COMMAND = 'qat';

const usage = `virt-handler qat --dry-run [--kubevirt FILE]
Shows this node's QAT cards and what virt-handler would write to them, and writes nothing.
--kubevirt FILE  the KubeVirt object as JSON, in place of the cluster's`;

const FLAGS = {
  'dry-run': { type: 'boolean', default: false },
  kubevirt: { type: 'string' },
  'sysfs-directory': { type: 'string', default: '/sys' },
  'device-directory': { type: 'string', default: '/host/dev' },
  'kubelet-directory': { type: 'string', default: '/var/lib/kubelet' },
  'state-directory': { type: 'string', default: '/var/lib/quickvirt' },
} as const;

/**
 * Reads what virt-handler reads, decides what it decides, and says it.
 * @returns the text to print. @throws UsageError; what the API server and sysfs answer.
 */
export async function qatDryRun(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const flags = readFlags(args);
  const pluginDirectory = `${flags['kubelet-directory']}/device-plugins`;
  const facts = await gatherFacts({
    sysfs: new Sysfs(flags['sysfs-directory']),
    devices: new Sysfs(flags['device-directory']),
    pluginDirectory: new Sysfs(pluginDirectory),
  });
  const settings = flags.kubevirt === undefined ? await settingsOfCluster(env) : await settingsOfFile(flags.kubevirt);
  const { memory, note } = await whatIsHeld(flags['state-directory'], flags['kubelet-directory']);
  return [...(note === undefined ? [] : [note, '']), dryRunText(facts, settings, memory)].join('\n');
}

/** The cards, what is wrong with them, and all steps to the wanted state, round by round. Pure. */
function dryRunText(facts: NodeFacts, settings: QatSettings, memory: NodeMemory): string {
  const inventory = takeInventory(facts, settings, memory);
  const { physicalFunctions, virtualFunctions, findings } = inventory;
  if (physicalFunctions.length + virtualFunctions.length === 0) return 'This node has no QAT card.\n';
  const rounds = predictRounds(facts, (now) => planNode(now, settings, memory));
  const lines = [
    'Cards',
    ...physicalFunctions.map((card) => `  ${describeCard(card, inventory)}`),
    ...virtualFunctions
      .filter(({ physicalFunction }) => physicalFunction === undefined)
      .map(({ pciAddress, family }) => `  ${pciAddress} ${family}, a virtual function whose card is not here`),
  ];
  if (findings.length > 0) lines.push('', 'Findings', ...findings.map((finding) => `  ${describeFinding(finding)}`));
  if (rounds.length === 0) return [...lines, '', 'Nothing is to be done.', ''].join('\n');
  lines.push('', 'Would be done, in this order');
  for (const { subject, steps } of rounds.flat()) {
    lines.push(`  ${subject}`, ...steps.map((step) => `    ${describeStep(step)}`));
  }
  return [...lines, ''].join('\n');
}

function describeCard(card: PhysicalFunction, { virtualFunctions }: QatInventory): string {
  const { pciAddress, family, numaNode, driver, services, state, numVfs, totalVfs, managed } = card;
  const own = virtualFunctions.filter(({ physicalFunction }) => physicalFunction === pciAddress);
  const resources = [...new Set(own.flatMap(({ resourceName }) => resourceName ?? []))];
  return [
    `${pciAddress} ${family}`,
    `driver ${driver ?? 'none'}`,
    ...(state === undefined ? [] : [state]),
    `services ${services.join(';') || 'fixed'}`,
    ...(numaNode === undefined ? [] : [`NUMA node ${numaNode}`]),
    `${numVfs} of ${totalVfs} virtual functions, ${own.filter(({ usable }) => usable).length} usable`,
    ...resources,
    ...(managed ? [] : ['left alone']),
  ].join(', ');
}

function readFlags(args: readonly string[]) {
  let flags;
  try {
    flags = parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${usage}`, { cause: error });
  }
  if (!flags['dry-run']) throw new UsageError(`only --dry-run can be asked for here\n${usage}`);
  return flags;
}

function settingsFrom(kubevirt: KubeVirt | undefined, nodeLabels: Readonly<Record<string, string>>): QatSettings {
  const { qat, permittedHostDevices } = clusterConfigFrom(kubevirt);
  return { config: qat, pciHostDevices: permittedHostDevices.pciHostDevices, nodeLabels };
}

async function settingsOfFile(path: string): Promise<QatSettings> {
  try {
    return settingsFrom(JSON.parse(await readFile(path, 'utf8')) as KubeVirt, {});
  } catch (cause) {
    throw new UsageError(`--kubevirt ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function settingsOfCluster(env: Readonly<Record<string, string | undefined>>): Promise<QatSettings> {
  const name = env['NODE_NAME'];
  if (!name)
    throw new UsageError(`NODE_NAME is missing: run it in a pod of virt-handler, or give --kubevirt FILE\n${usage}`);
  const client = await KubeClient.load({ userAgent: 'virt-handler' });
  try {
    const [node, { items }] = await Promise.all([
      client.get(nodes, { name }),
      client.list(kubevirts, { namespace: env['POD_NAMESPACE'] ?? 'quickvirt' }),
    ]);
    const [kubevirt] = items;
    if (!kubevirt) throw new UsageError('there is no KubeVirt object yet, and nothing is done without one');
    return settingsFrom(kubevirt, node.metadata.labels ?? {});
  } finally {
    await client.close();
  }
}

async function whatIsHeld(
  stateDirectory: string,
  kubeletDirectory: string,
): Promise<{ memory: NodeMemory; note?: string }> {
  const { holders, reconfiguring, acknowledged } = await readCheckpoint(stateDirectory);
  const remembered = { acknowledged, reconfiguring: new Set(reconfiguring), failures: [] };
  const kubelet = dialPodResources(`${kubeletDirectory}/pod-resources/kubelet.sock`);
  try {
    const listed = await listedFunctions(kubelet);
    return { memory: { ...remembered, allocated: new Set([...Object.keys(holders), ...listed]) } };
  } catch (error) {
    return {
      memory: { ...remembered, allocated: new Set(Object.keys(holders)) },
      note: `The kubelet does not say which functions pods hold (${(error as Error).message}): until it does, virt-handler changes nothing.`,
    };
  } finally {
    kubelet.close();
  }
}
