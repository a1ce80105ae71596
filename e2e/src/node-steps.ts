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
  const pod = await launcherPod(context, vmi);
  const handler = await handlerOn(context, pod.node);
  const script = [
    `for p in /proc/[0-9]*; do`,
    `  grep -q -e 'pod${pod.uid}' -e 'pod${pod.uid.replaceAll('-', '_')}' $p/cgroup 2>/dev/null || continue`,
    `  tr '\\0' ' ' <$p/cmdline | grep -q '${program}' && kill -${name} \${p#/proc/} && echo \${p#/proc/}`,
    `done`,
  ].join('\n');
  const killed = await context.kubectl
    .in(context.system)
    .run(['exec', handler, '-c', 'virt-handler', '--', 'sh', '-c', script + '\ntrue']);
  if (killed.trim() === '') throw new Error(`no process in the pod of ${vmi} has "${program}" on its command line`);
}

/** Deletes the pods of one of our apps and waits until their successors are ready. */
export async function restart(document: Record<string, unknown>, { kubectl, system }: StepContext): Promise<void> {
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
export async function handlerOn({ kubectl, system }: StepContext, node: string): Promise<string> {
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
