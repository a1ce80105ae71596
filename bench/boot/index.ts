/**
 * Starts and deletes a real VM on the cluster of KUBECONFIG, where QuickVirt is installed, and its floor: the same pod
 * with libvirtd and QEMU alone. They take turns, so that both see the same machine. Environment: BENCH_RUNS (5),
 * BENCH_GROUP (5: VMs that run beside each other for the memory of each; 0 for none), BENCH_NAMESPACE (bench),
 * QUICKVIRT_GUEST_IMAGE. The clocks of the nodes must be this machine's, as they are on a local cluster.
 */
import { cpus, loadavg } from 'node:os';
import { KubeClient, namespaces, pods } from '@quickvirt/kube';
import { Kubectl } from '../../e2e/src/kubectl.ts';
import { floorTemplate, runFloor, type FloorTemplate, type FloorTimes } from './floor.ts';
import { podMemory, type ProcessMemory } from './process-memory.ts';
import { mebibytes, median, spreads, table } from './report.ts';
import { endVm, GUEST_RAM_KIB, startVm, type EndTimes, type Place, type StartedVm } from './vm-round.ts';
import type { WriteCounts } from './api-writes.ts';

const SYSTEM_NAMESPACE = 'quickvirt';

interface Round {
  vm: StartedVm;
  /** The same without the containers that run before `compute`. */
  lean: StartedVm;
  floor: FloorTimes;
  end: EndTimes;
  endWrites: WriteCounts;
}

export async function run(): Promise<void> {
  const kubeconfig = process.env['KUBECONFIG'];
  if (!kubeconfig) throw new Error('KUBECONFIG is not set: name the kubeconfig of a cluster where QuickVirt runs');
  const namespace = process.env['BENCH_NAMESPACE'] ?? 'bench';
  const place: Place = {
    client: await KubeClient.load(),
    kubectl: new Kubectl('kubectl', namespace),
    kubeconfig,
    namespace,
    guestImage: process.env['QUICKVIRT_GUEST_IMAGE'] ?? 'localhost/quickvirt/guest:dev',
  };
  try {
    await prepareNamespace(place);
    console.log(`${cpus().length} CPUs, load ${loadavg()[0]?.toFixed(1)} at the start`);
    const { template, memory } = await firstRound(place);
    const rounds: Round[] = [];
    for (let i = 1; i <= Number(process.env['BENCH_RUNS'] ?? 5); i++) rounds.push(await oneRound(place, template, i));
    reportRounds(rounds);
    await reportCpuLimit(place);
    reportMemory('one VM alone', memory);
    const groupSize = Number(process.env['BENCH_GROUP'] ?? 5);
    if (groupSize > 0) reportMemory(`each of ${groupSize} VMs (mean)`, await groupMemory(place, groupSize));
    console.log(`load ${loadavg()[0]?.toFixed(1)} at the end`);
  } finally {
    await place.client.close();
  }
}

async function prepareNamespace({ client, namespace, kubectl }: Place): Promise<void> {
  const there = await client.list(namespaces, { fieldSelector: `metadata.name=${namespace}` });
  if (there.items.length === 0) await client.create(namespaces, { metadata: { name: namespace } });
  await kubectl.run(['delete', 'vm', '--all', '--wait=true']);
}

/** Not counted: it warms caches, and gives the floor what it repeats. */
async function firstRound(place: Place): Promise<{ template: FloorTemplate; memory: ProcessMemory[][] }> {
  const vm = await startVm(place, 'first');
  const template = await floorTemplate(place.client, place.kubectl, vm.podName, `${place.namespace}_${vm.name}`);
  const memory = [await memoryOf(place, vm), await handlerMemory(place, vm)];
  await endVm(place, vm);
  return { template, memory };
}

async function oneRound(place: Place, template: FloorTemplate, order: number): Promise<Round> {
  const floor = await runFloor(place.client, place.kubectl, template);
  const vm = await startVm(place, `vm-${order}`);
  const { times, writes } = await endVm(place, vm);
  const lean = await startVm(place, `lean-${order}`, { lean: true });
  await endVm(place, lean);
  const ratio = (vm.times['VMI Running'] ?? NaN) / floor.domainStarted;
  console.log(
    `run ${order}: Running ${vm.times['VMI Running']?.toFixed(0)} ms, floor ${floor.domainStarted.toFixed(0)} ms, ratio ${ratio.toFixed(2)}, load ${loadavg()[0]?.toFixed(1)}`,
  );
  return { vm, lean, floor, end: times, endWrites: writes };
}

/** One run: what a VM's own CPU limit does to its start. */
async function reportCpuLimit(place: Place): Promise<void> {
  const vm = await startVm(place, 'limited', { lean: true, cpuLimit: '100m' });
  await endVm(place, vm);
  console.log(`\n${table(['without these two, CPU limit 100m', 'ms'], spreads([vm.times]))}`);
}

function reportRounds(rounds: readonly Round[]): void {
  const ratioOf = (moment: string, which: 'vm' | 'lean' = 'vm'): string =>
    median(rounds.map((round) => (round[which].times[moment] ?? NaN) / round.floor.domainStarted)).toFixed(2);
  console.log(`\nratio to the floor, median of ${rounds.length} runs:`);
  console.log(`create -> Running ${ratioOf('VMI Running')}, create -> login prompt ${ratioOf('login prompt')}`);
  console.log(`without guest-console-log and volume<name>: create -> Running ${ratioOf('VMI Running', 'lean')}\n`);
  console.log(table(['from create sent, median', 'ms'], spreads(rounds.map(({ vm }) => vm.times))));
  console.log(`\n${table(['without these two', 'ms'], spreads(rounds.map(({ lean }) => lean.times)))}`);
  console.log(`\n${table(['floor, from create sent', 'ms'], spreads(rounds.map(({ floor }) => ({ ...floor }))))}`);
  console.log(`\n${table(['deletion (grace period 0)', 'ms'], spreads(rounds.map(({ end }) => ({ ...end }))))}`);
  reportWrites(
    'writes of one start',
    rounds.map(({ vm }) => vm.writes),
  );
  reportWrites(
    'writes of one deletion',
    rounds.map(({ endWrites }) => endWrites),
  );
}

function reportWrites(title: string, counts: readonly WriteCounts[]): void {
  const rows = spreads(counts.map((one) => Object.fromEntries(one))).sort(([a], [b]) => a.localeCompare(b));
  console.log(`\n${table([title, 'median (least to most)'], rows)}`);
}

async function memoryOf({ client }: Place, vm: StartedVm): Promise<ProcessMemory[]> {
  const handler = await handlerPodOn(client, vm.nodeName);
  return podMemory(new Kubectl('kubectl', SYSTEM_NAMESPACE), handler.name, vm.podUid, GUEST_RAM_KIB);
}

async function handlerMemory({ client }: Place, vm: StartedVm): Promise<ProcessMemory[]> {
  const handler = await handlerPodOn(client, vm.nodeName);
  const all = await podMemory(new Kubectl('kubectl', SYSTEM_NAMESPACE), handler.name, handler.uid, GUEST_RAM_KIB);
  // Not the shell that reads it.
  return all.filter(({ command }) => command.startsWith('node')).map((one) => ({ ...one, command: 'virt-handler' }));
}

async function handlerPodOn(client: KubeClient, nodeName: string): Promise<{ name: string; uid: string }> {
  const { items } = await client.list(pods, {
    namespace: SYSTEM_NAMESPACE,
    labelSelector: 'kubevirt.io=virt-handler',
    fieldSelector: `spec.nodeName=${nodeName}`,
  });
  const pod = items.find(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (!pod?.metadata.name || !pod.metadata.uid) throw new Error(`no virt-handler runs on node ${nodeName}`);
  return { name: pod.metadata.name, uid: pod.metadata.uid };
}

async function groupMemory(place: Place, size: number): Promise<ProcessMemory[][]> {
  const vms: StartedVm[] = [];
  for (let i = 1; i <= size; i++) vms.push(await startVm(place, `group-${i}`));
  const memory = await Promise.all(vms.map((vm) => memoryOf(place, vm)));
  for (const vm of vms) await endVm(place, vm);
  return memory;
}

function reportMemory(title: string, podsOfProcesses: readonly ProcessMemory[][]): void {
  const all = podsOfProcesses.flat();
  const names = [...new Set(all.map(({ command }) => command))];
  const count = title.startsWith('each') ? podsOfProcesses.length : 1;
  const row = (name: string, processes: readonly ProcessMemory[]): string[] => {
    const sum = (field: keyof Omit<ProcessMemory, 'command'>): number =>
      processes.reduce((total, one) => total + one[field], 0) / count;
    return [
      name,
      ...[sum('rssKiB'), sum('pssKiB'), sum('anonymousKiB'), sum('pssKiB') - sum('guestPssKiB')].map(mebibytes),
    ];
  };
  const launcher = all.filter(({ command }) => command !== 'virt-handler');
  const rows = names.map((name) =>
    row(
      name,
      all.filter(({ command }) => command === name),
    ),
  );
  console.log(
    `\n${table([`${title}, MiB`, 'RSS', 'PSS', 'anonymous', 'PSS less guest'], [...rows, row('launcher pod', launcher)])}`,
  );
}
