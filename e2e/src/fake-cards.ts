import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { add4xxx, FakeSysfs, provision } from '@quickvirt/testing';
import { handlerOn } from './node-steps.ts';
import type { StepContext } from './step-context.ts';

/** On the node; virt-handler, which shares the node's processes, sees it below the root of the first one. */
const DIRECTORY = '/var/lib/quickvirt-fake';
const FLAG = `--sysfs-directory=/proc/1/root${DIRECTORY}/sys`;
/** A device number that no driver has (Linux devices.txt: 384 to 511 are given out from above). */
const MAJOR = 400;
const CARDS = ['0000:6b:00.0', '0000:e8:00.0'];

/**
 * Gives a node two pretended QAT cards (4xxx, `sym;asym` on NUMA node 0 and `dc` on 1, 16 functions each, bound to
 * vfio-pci) in a directory that virt-handler reads in place of /sys, and nodes below /dev/vfio that nothing can open. The
 * other nodes get none. Saves the node's name as `cardNode`.
 */
export async function fakeCards(_document: Record<string, unknown>, context: StepContext): Promise<void> {
  const nodes = await nodesOfHandlers(context);
  const [cardNode = ''] = nodes;
  const fake = await FakeSysfs.create();
  try {
    for (const node of nodes.slice(1)) await unpack(context, node, fake, '');
    await add4xxx(fake);
    await provision(fake, CARDS);
    const groups = readdirSync(join(fake.devices, 'vfio'))
      .filter((name) => /^\d+$/.test(name))
      .map((name, index) => nodeAt(name, 600, `${MAJOR} ${index}`));
    await unpack(
      context,
      cardNode,
      fake,
      ['mkdir -p /host/dev/vfio', nodeAt('vfio', 666, '10 196'), ...groups].join(' && '),
    );
  } finally {
    await fake.remove();
  }
  context.variables['cardNode'] = cardNode;
  await setArguments(context, (args) => [...args.filter((one) => one !== FLAG), FLAG]);
}

/** Takes the cards of {@link fakeCards} away again. */
export async function realCards(_document: Record<string, unknown>, context: StepContext): Promise<void> {
  await setArguments(context, (args) => args.filter((one) => one !== FLAG));
  const device = `[ "$(stat -c %t "$f")" = ${MAJOR.toString(16)} ]`;
  const script = `rm -rf /proc/1/root${DIRECTORY}; for f in /host/dev/vfio/*; do ${device} && rm "$f"; done; true`;
  for (const node of await nodesOfHandlers(context)) await onNode(context, node, script);
}

/** Names of the nodes that virt-handler runs on, in order. */
async function nodesOfHandlers({ kubectl, system }: StepContext): Promise<string[]> {
  const names = await kubectl
    .in(system)
    .run(['get', 'pod', '-l', 'kubevirt.io=virt-handler', '-o', 'jsonpath={.items[*].spec.nodeName}']);
  return names.trim().split(/\s+/).toSorted();
}

const nodeAt = (name: string, mode: number, numbers: string): string =>
  `{ [ -e /host/dev/vfio/${name} ] || mknod -m ${mode} /host/dev/vfio/${name} c ${numbers}; }`;

async function unpack(context: StepContext, node: string, fake: FakeSysfs, then: string): Promise<void> {
  const archive = execFileSync('tar', ['-cz', '-C', join(fake.root, '..'), 'sys'], { maxBuffer: 64 * 1024 * 1024 });
  const target = `/proc/1/root${DIRECTORY}`;
  const script = `rm -rf ${target} && mkdir -p ${target} && base64 -d | tar -xz -C ${target}${then && ` && ${then}`}`;
  await onNode(context, node, script, archive.toString('base64'));
}

async function onNode(context: StepContext, node: string, script: string, input?: string): Promise<string> {
  const handler = await handlerOn(context, node);
  return context.kubectl
    .in(context.system)
    .run(['exec', '-i', handler, '-c', 'virt-handler', '--', 'sh', '-c', script], { input });
}

/** Changes the command line of virt-handler on all nodes and waits until it runs so. */
async function setArguments(
  { kubectl, system }: StepContext,
  change: (args: readonly string[]) => readonly string[],
): Promise<void> {
  const ours = kubectl.in(system);
  const path = '/spec/template/spec/containers/0/args';
  const get = async () =>
    JSON.parse(await ours.run(['get', ...DAEMON_SET, '--show-managed-fields', '-o', 'json'])) as DaemonSet;
  const patch = (value: unknown, at: string) =>
    ours.run(['patch', ...DAEMON_SET, '--type=json', '-p', JSON.stringify([{ op: 'replace', path: at, value }])]);
  await patch(change((await get()).spec.template.spec.containers[0]?.args ?? []), path);
  // Else the next `helm upgrade` would find that somebody else owns the field, and refuse.
  const { managedFields } = (await get()).metadata;
  await patch(
    managedFields.filter(({ manager }) => manager !== 'kubectl-patch'),
    '/metadata/managedFields',
  );
  await ours.run(['rollout', 'status', 'daemonset/virt-handler', '--timeout=180s'], { timeoutMs: 190_000 });
}

const DAEMON_SET = ['daemonset', 'virt-handler'] as const;

interface DaemonSet {
  metadata: { managedFields: { manager: string }[] };
  spec: { template: { spec: { containers: { args: string[] }[] } } };
}
