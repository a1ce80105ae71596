import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { ConsoleSession, type Exchange } from './console-session.ts';
import { run, type Kubectl, type KubernetesObject } from './kubectl.ts';
import { differences } from './partial-match.ts';

/** What a step works with. */
export interface StepContext {
  kubectl: Kubectl;
  kubeconfig: string;
  /** The case's own namespace. */
  namespace: string;
  /** Where QuickVirt is installed. */
  system: string;
  /** `${name}` in later steps. */
  variables: Record<string, string>;
}

/** Brings about or checks one document of a step. @throws an Error that says what did not hold. */
export type StepExecutor = (document: Record<string, unknown>, context: StepContext) => Promise<void>;

const defaultTimeoutMs = 60_000;
const virtctl = fileURLToPath(new URL('../../apps/virtctl/src/main.ts', import.meta.url));

/** The verbs of steps. `docs/e2e.md` describes the document of each. */
export const steps: Readonly<Record<string, StepExecutor>> = {
  apply: async (document, { kubectl }) => {
    await kubectl.run(['apply', '-f', '-'], { input: stringify(document) });
  },
  refuse: refuse,
  assert: assert,
  absent: absent,
  delete: remove,
  console: useConsole,
  run: runCommand,
  signal: signal,
  restart: restart,
  remember: remember,
  compare: compare,
  leftovers: leftovers,
};

async function refuse(document: Record<string, unknown>, { kubectl }: StepContext): Promise<void> {
  const { object, message } = document as { object: object; message: string };
  const result = await kubectl.try(['create', '-f', '-'], { input: stringify(object) });
  if (result.exitCode === 0) throw new Error('the object was admitted and should have been refused');
  if (!new RegExp(message, 's').test(result.stderr))
    throw new Error(`refused, but not with /${message}/: ${result.stderr.trim()}`);
}

async function assert(document: Record<string, unknown>, { kubectl }: StepContext): Promise<void> {
  const { timeoutMs = defaultTimeoutMs, objects } = document as { timeoutMs?: number; objects: PartialObject[] };
  for (const expected of objects) {
    let missing = ['it does not exist'];
    const { name, selector } = target(expected);
    await kubectl.watchUntil(
      expected.kind,
      { name, selector },
      (found) => {
        const candidates = [...found.values()].map((object) => differences(withoutTarget(expected), object));
        missing = candidates.sort((a, b) => a.length - b.length)[0] ?? ['it does not exist'];
        return missing.length === 0;
      },
      { timeoutMs, describe: () => `${expected.kind} ${name ?? selector ?? ''}: ${missing.join('; ')}` },
    );
  }
}

async function absent(document: Record<string, unknown>, { kubectl }: StepContext): Promise<void> {
  const { timeoutMs = defaultTimeoutMs, objects } = document as { timeoutMs?: number; objects: PartialObject[] };
  for (const object of objects) {
    let left: string[] = [];
    await kubectl.watchUntil(
      object.kind,
      target(object),
      (found) => {
        left = [...found.keys()];
        return left.length === 0;
      },
      { timeoutMs, describe: () => `${object.kind} still there: ${left.join(', ')}` },
    );
  }
}

async function remove(document: Record<string, unknown>, { kubectl }: StepContext): Promise<void> {
  const {
    kind,
    name,
    wait = true,
    timeoutMs = defaultTimeoutMs,
  } = document as { kind: string; name: string; wait?: boolean; timeoutMs?: number };
  await kubectl.run(['delete', kind, name, '--ignore-not-found', `--wait=${wait}`, `--timeout=${timeoutMs / 1000}s`], {
    timeoutMs: timeoutMs + 5000,
  });
}

async function useConsole(document: Record<string, unknown>, context: StepContext): Promise<void> {
  const {
    vmi,
    exchanges,
    version,
    timeoutMs = defaultTimeoutMs,
  } = document as {
    vmi: string;
    exchanges: Exchange[];
    version?: string;
    timeoutMs?: number;
  };
  const session = await ConsoleSession.open(context.kubeconfig, context.namespace, vmi, timeoutMs, version);
  try {
    Object.assign(context.variables, await session.run(exchanges));
  } finally {
    session.close();
  }
}

async function runCommand(
  document: Record<string, unknown>,
  { kubectl, namespace, kubeconfig, variables }: StepContext,
): Promise<void> {
  const {
    command,
    exitCode = 0,
    stdout,
    stderr,
    input,
    saveAs,
    timeoutMs = defaultTimeoutMs,
  } = document as {
    command: string[];
    exitCode?: number;
    stdout?: string;
    stderr?: string;
    input?: string;
    saveAs?: string;
    timeoutMs?: number;
  };
  const [program = '', ...args] = command;
  const namespaced = args.includes('-n') || args.includes('-A') ? args : ['-n', namespace, ...args];
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  const programs: Record<string, [string, string[]]> = {
    virtctl: [process.execPath, [virtctl, ...namespaced]],
    kubectl: [kubectl.program, namespaced],
  };
  const [file, words] = programs[program] ?? [program, args];
  const result = await run(file, words, { input, timeoutMs, env });
  const printed = `stdout: ${result.stdout.trim()}; stderr: ${result.stderr.trim()}`;
  if (result.exitCode !== exitCode)
    throw new Error(`${command.join(' ')} ended with ${result.exitCode}, not ${exitCode}; ${printed}`);
  for (const [name, pattern, text] of [
    ['stdout', stdout, result.stdout],
    ['stderr', stderr, result.stderr],
  ] as const) {
    if (pattern !== undefined && !new RegExp(pattern, 's').test(text))
      throw new Error(`${command.join(' ')}: ${name} does not match /${pattern}/; ${printed}`);
  }
  if (saveAs) variables[saveAs] = result.stdout.trim();
}

/** Sends a signal to a process of a VMI's pod, from the node's virt-handler, which sees the node's processes. */
async function signal(document: Record<string, unknown>, context: StepContext): Promise<void> {
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
async function restart(document: Record<string, unknown>, { kubectl, system }: StepContext): Promise<void> {
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

async function remember(document: Record<string, unknown>, { kubectl, variables }: StepContext): Promise<void> {
  const { kind, path, saveAs, ...object } = document as {
    kind: string;
    path: string;
    saveAs: string;
    name?: string;
    selector?: string;
  };
  const { name, selector } = target({ kind, ...object });
  const value = await kubectl.run([
    'get',
    kind,
    ...(name ? [name] : ['-l', selector ?? '']),
    '-o',
    name ? `jsonpath={${path}}` : `jsonpath={.items[0]${path}}`,
  ]);
  if (value === '') throw new Error(`${kind} ${name ?? selector}: ${path} is empty`);
  variables[saveAs] = value;
}

async function compare(document: Record<string, unknown>): Promise<void> {
  const { left, is, right } = document as { left: string; is: string; right: string };
  const holds: Record<string, boolean> = {
    equal: left === right,
    different: left !== right,
    less: Number(left) < Number(right),
    greater: Number(left) > Number(right),
  };
  if (!(is in holds)) throw new Error(`"is: ${is}": use one of ${Object.keys(holds).join(', ')}`);
  if (!holds[is])
    throw new Error(`${left} is not ${is}${is === 'equal' || is === 'different' ? '' : ' than'} ${right}`);
}

/** After a VM is gone: no process, no mount, no directory of its pod on any node. */
async function leftovers(document: Record<string, unknown>, context: StepContext): Promise<void> {
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

interface PartialObject {
  kind: string;
  name?: string;
  selector?: string;
  metadata?: { name?: string };
  [field: string]: unknown;
}

function target(object: PartialObject): { name?: string; selector?: string } {
  return { name: object.name ?? object.metadata?.name, selector: object.selector };
}

/** What is compared: items of a list carry no kind. */
function withoutTarget({
  kind: _kind,
  name: _name,
  selector: _selector,
  ...rest
}: PartialObject): Record<string, unknown> {
  return rest;
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
