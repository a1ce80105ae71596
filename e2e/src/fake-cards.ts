import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { add4xxx, FakeSysfs } from '@quickvirt/testing';
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
  const { kubectl, system, variables } = context;
  const names = await kubectl
    .in(system)
    .run(['get', 'pod', '-l', 'kubevirt.io=virt-handler', '-o', 'jsonpath={.items[*].spec.nodeName}']);
  const nodes = names.trim().split(/\s+/).toSorted();
  const [cardNode = ''] = nodes;
  const fake = await FakeSysfs.create();
  try {
    for (const node of nodes.slice(1)) await unpack(context, node, fake, '');
    await provision(fake);
    const groups = readdirSync(join(fake.devices, 'vfio'))
      .filter((name) => /^\d+$/.test(name))
      .map((name, index) => `mknod -m 600 /host/dev/vfio/${name} c ${MAJOR} ${index}`);
    const control = 'mkdir -p /host/dev/vfio; [ -e /host/dev/vfio/vfio ] || mknod -m 666 /host/dev/vfio/vfio c 10 196';
    await unpack(context, cardNode, fake, [control, ...groups].join(' && '));
  } finally {
    await fake.remove();
  }
  variables['cardNode'] = cardNode;
  await setArguments(context, (args) => [...args.filter((one) => one !== FLAG), FLAG]);
}

/** Takes the cards of {@link fakeCards} away again. */
export async function realCards(_document: Record<string, unknown>, context: StepContext): Promise<void> {
  await setArguments(context, (args) => args.filter((one) => one !== FLAG));
  const nodes = await context.kubectl.run(['get', 'node', '-o', 'jsonpath={.items[*].metadata.name}']);
  for (const node of nodes.trim().split(/\s+/)) {
    const nodeOf = `for f in /host/dev/vfio/*; do [ "$(stat -c %t "$f")" = ${MAJOR.toString(16)} ] && rm "$f"; done`;
    await onNode(context, node, `rm -rf /proc/1/root${DIRECTORY}; ${nodeOf}; true`).catch((error: unknown) => {
      // The control plane's node has no virt-handler.
      if (!/no virt-handler/.test(String(error))) throw error;
    });
  }
}

/** As virt-handler leaves cards: all functions made and bound, so that it has nothing to write. */
async function provision(fake: FakeSysfs): Promise<void> {
  await add4xxx(fake);
  const at = (path: string) => join(fake.root, path);
  for (const card of CARDS) {
    await fake.write(at(`bus/pci/devices/${card}/sriov_drivers_autoprobe`), '0');
    await fake.write(at(`bus/pci/devices/${card}/sriov_numvfs`), '16');
  }
  const functions = readdirSync(at('bus/pci/devices')).filter((address) => !CARDS.includes(address));
  for (const address of functions) {
    await fake.write(at(`bus/pci/devices/${address}/driver_override`), 'vfio-pci');
    await fake.write(at('bus/pci/drivers_probe'), address);
  }
}

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
  const daemonSet = JSON.parse(await ours.run(['get', 'daemonset', 'virt-handler', '-o', 'json'])) as {
    spec: { template: { spec: { containers: { args: string[] }[] } } };
  };
  const args = daemonSet.spec.template.spec.containers[0]?.args ?? [];
  const patch = JSON.stringify([{ op: 'replace', path, value: change(args) }]);
  await ours.run(['patch', 'daemonset', 'virt-handler', '--type=json', '-p', patch]);
  await ours.run(['rollout', 'status', 'daemonset/virt-handler', '--timeout=180s'], { timeoutMs: 190_000 });
}
