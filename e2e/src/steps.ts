import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { ConsoleSession, type Exchange } from './console-session.ts';
import { run } from './kubectl.ts';
import { fakeCards, realCards } from './fake-cards.ts';
import { bootGolden } from './golden-step.ts';
import { leftovers, limitMemory, restart, signal } from './node-steps.ts';
import { pluginContract } from './plugin-contract.ts';
import { differences } from './partial-match.ts';
import { defaultTimeoutMs, type StepContext, type StepExecutor } from './step-context.ts';

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
  limitmemory: limitMemory,
  restart: restart,
  remember: remember,
  compare: compare,
  leftovers: leftovers,
  golden: bootGolden,
  fakecards: fakeCards,
  realcards: realCards,
  plugincontract: pluginContract,
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
