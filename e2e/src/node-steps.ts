import type { KubernetesObject } from './kubectl.ts';
import { differences } from './partial-match.ts';
import { defaultTimeoutMs, type StepContext } from './step-context.ts';

/** Sends a signal to a process of a VMI's pod, from the node's virt-handler, which sees the node's processes. */
export async function signal(document: Record<string, unknown>, context: StepContext): Promise<void> {
  const {
    vmi,
    process: program,
    signal: name = 'KILL',
  } = document as { vmi: string; process: string; signal?: string };
  const script = [...eachProcess(program), `  kill -${name} $pid && echo $pid`, `done`];
  const killed = await besideGuest(context, vmi, script);
  if (killed.trim() === '') throw new Error(`no process in the pod of ${vmi} has "${program}" on its command line`);
}

/**
 * Lowers the memory limit of the container that a guest runs in, to what the kernel cannot take back of it and
 * `spareMebibytes`. By cgroup v2's `memory.max`, or v1's `memory.limit_in_bytes`.
 */
export async function limitMemory(document: Record<string, unknown>, context: StepContext): Promise<void> {
  const { vmi, spareMebibytes } = document as { vmi: string; spareMebibytes: number };
  // The node's own view of its cgroups: in this container's namespace there may be no way up.
  const hierarchies = '/proc/1/root/sys/fs/cgroup/memory /proc/1/root/sys/fs/cgroup';
  const script = [
    ...eachProcess('qemu-system'),
    `  find ${hierarchies} -path "*pod*" -name cgroup.procs 2>/dev/null | while read -r procs; do`,
    `    grep -q -x $pid $procs || continue`,
    `    group=\${procs%/*}`,
    `    limit=$(ls $group/memory.max $group/memory.limit_in_bytes 2>/dev/null | head -n 1)`,
    `    [ -n "$limit" ] || continue`,
    `    held=$(awk '/^(rss|anon|shmem|kernel) / { sum += $2 } END { printf "%.0f", sum }' $group/memory.stat)`,
    `    echo $((held + ${spareMebibytes} * 1048576)) >$limit && echo $limit`,
    `  done`,
    `done`,
  ];
  const limited = await besideGuest(context, vmi, script);
  if (limited.trim() === '') throw new Error(`the memory cgroup of the guest of ${vmi} was not found`);
}

/** Runs a script in the virt-handler of a guest's node, with the guest's pod as `$uid`. */
async function besideGuest(context: StepContext, vmi: string, script: readonly string[]): Promise<string> {
  const pod = await launcherPod(context, vmi);
  const handler = await handlerOn(context, pod.node);
  const command = ['sh', '-c', [`uid=${pod.uid}`, ...script, 'true'].join('\n')];
  return context.kubectl.in(context.system).run(['exec', handler, '-c', 'virt-handler', '--', ...command]);
}

/** The beginning of a loop over the processes `$pid` of pod `$uid` that have a text on their command line. */
const eachProcess = (program: string): string[] => [
  `for p in /proc/[0-9]*; do`,
  `  grep -q -e "pod$uid" -e "pod$(echo $uid | tr - _)" $p/cgroup 2>/dev/null || continue`,
  `  tr '\\0' ' ' <$p/cmdline | grep -q '${program}' || continue`,
  `  pid=\${p#/proc/}`,
];

/** Deletes the pods of one of our apps and waits until their successors are ready. */
export async function restart(
  document: Record<string, unknown>,
  { kubectl, system }: Pick<StepContext, 'kubectl' | 'system'>,
): Promise<void> {
  const { app, timeoutMs = defaultTimeoutMs } = document as { app: string; timeoutMs?: number };
  const ours = kubectl.in(system);
  const before = (
    JSON.parse(await ours.run(['get', 'pod', '-l', `kubevirt.io=${app}`, '-o', 'json'])) as {
      items: KubernetesObject[];
    }
  ).items;
  const uids = new Set(before.map((pod) => pod.metadata.uid));
  await ours.run(['delete', 'pod', '-l', `kubevirt.io=${app}`, '--wait=false']);
  let ready = 0;
  await ours.watchUntil(
    'Pod',
    { selector: `kubevirt.io=${app}` },
    (pods) => {
      const now = [...pods.values()];
      ready = now.filter(
        (pod) =>
          !uids.has(pod.metadata.uid) &&
          differences({ status: { conditions: [{ type: 'Ready', status: 'True' }] } }, pod).length === 0,
      ).length;
      return ready >= uids.size && now.every((pod) => !uids.has(pod.metadata.uid));
    },
    { timeoutMs, describe: () => `${ready} of ${uids.size} new pods of ${app} are ready` },
  );
}

/** After a VM is gone: no process, no mount, no directory of its pod on any node. */
export async function leftovers(document: Record<string, unknown>, context: StepContext): Promise<void> {
  const { podUid } = document as { podUid: string };
  const ours = context.kubectl.in(context.system);
  const handlers = (await ours.run(['get', 'pod', '-l', 'kubevirt.io=virt-handler', '-o', 'name'])).trim().split('\n');
  const underscored = podUid.replaceAll('-', '_');
  const script = [
    `for n in $(seq 300); do`,
    `  found=$({ grep -s -e '${podUid}' /proc/1/mounts; ls -d /proc/1/root/var/lib/kubelet/pods/${podUid} 2>/dev/null;`,
    `    grep -l -s -e 'pod${podUid}' -e 'pod${underscored}' /proc/[0-9]*/cgroup; })`,
    `  [ -z "$found" ] && exit 0; sleep 0.1`,
    `done; printf '%s\\n' "$found"; exit 1`,
  ].join('\n');
  for (const handler of handlers) {
    const result = await ours.try(['exec', handler, '-c', 'virt-handler', '--', 'sh', '-c', script]);
    if (result.exitCode !== 0)
      throw new Error(`left behind on the node of ${handler}: ${result.stdout.trim()} ${result.stderr.trim()}`);
  }
}

/** The launcher pod of a VMI: name, uid and node. */
async function launcherPod(
  { kubectl }: StepContext,
  vmi: string,
): Promise<{ name: string; uid: string; node: string }> {
  const pods = JSON.parse(
    await kubectl.run(['get', 'pod', '-l', `kubevirt.io=virt-launcher,vm.kubevirt.io/name=${vmi}`, '-o', 'json']),
  ) as {
    items: (KubernetesObject & { spec: { nodeName: string } })[];
  };
  const pod = pods.items[0];
  if (!pod) throw new Error(`there is no launcher pod of ${vmi}`);
  return { name: pod.metadata.name, uid: pod.metadata.uid, node: pod.spec.nodeName };
}

/** The name of the virt-handler pod on a node. */
export async function handlerOn(
  { kubectl, system }: Pick<StepContext, 'kubectl' | 'system'>,
  node: string,
): Promise<string> {
  const name = await kubectl
    .in(system)
    .run([
      'get',
      'pod',
      '-l',
      'kubevirt.io=virt-handler',
      '--field-selector',
      `spec.nodeName=${node}`,
      '-o',
      'jsonpath={.items[0].metadata.name}',
    ]);
  if (!name) throw new Error(`there is no virt-handler on node ${node}`);
  return name;
}
