/**
 * `npm run demo [-- --yes] [-- down]`: from nothing to a VM that boots in front of you, with what each step took.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ConsoleSession } from '../e2e/src/console-session.ts';
import { Kubectl } from '../e2e/src/kubectl.ts';
import { deploy } from './deployment.ts';
import { runStage } from './stages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    yes: { type: 'boolean', default: false },
    nodes: { type: 'string', default: '1' },
    name: { type: 'string', default: 'quickvirt' },
  },
});

async function up(): Promise<void> {
  const { deployment, timings } = await deploy({
    name: values.name,
    nodes: Number(values.nodes),
    yes: values.yes || process.env.CI === 'true',
  });
  process.env.KUBECONFIG = deployment.kubeconfigPath;
  const kubectl = new Kubectl(deployment.kubectlPath, 'default');
  const timed = async (title: string, action: () => Promise<void>): Promise<void> => {
    const began = Date.now();
    await action();
    timings.push({ title, durationMs: Date.now() - began });
  };
  await timed('VM ready', async () => {
    console.log('$ kubectl apply -f examples/vm-tiny.yaml');
    process.stdout.write(await kubectl.run(['apply', '-f', `${root}examples/vm-tiny.yaml`]));
    console.log('$ kubectl wait --for=condition=Ready vm/tiny');
    process.stdout.write(
      await kubectl.run(['wait', '--for=condition=Ready', 'vm/tiny', '--timeout=180s'], { timeoutMs: 185_000 }),
    );
  });
  await timed('login prompt and a command in the guest', async () => {
    console.log('$ npm run -s virtctl -- console tiny');
    const session = await ConsoleSession.open(deployment.kubeconfigPath, 'default', 'tiny', 60_000);
    try {
      await session.run([
        { send: '' },
        { expect: 'login: ?', timeoutMs: 120_000 },
        { send: 'root' },
        { expect: '# ', timeoutMs: 30_000 },
        { send: 'uname -sr; cat /proc/uptime' },
        { expect: 'Linux [^\\n]*\\n[^\\n]*[0-9]' },
      ]);
    } finally {
      process.stdout.write(`${session.transcript.replaceAll('\r', '').trim()}\n`);
      session.close();
    }
  });
  console.log('\nHow long it took:');
  for (const { title, durationMs } of timings)
    console.log(`  ${title.padEnd(42)} ${(durationMs / 1000).toFixed(1).padStart(7)} s`);
  const total = timings.reduce((sum, { durationMs }) => sum + durationMs, 0);
  console.log(`  ${'in all'.padEnd(42)} ${(total / 1000).toFixed(1).padStart(7)} s`);
  console.log(`\nTry next (export KUBECONFIG=${deployment.kubeconfigPath}):`);
  console.log('  kubectl get vm,vmi -o wide');
  console.log('  npm run -s virtctl -- console tiny       # Ctrl+] leaves');
  console.log('  npm run -s virtctl -- stop tiny');
  console.log('`npm run demo -- down` removes it all.');
}

async function down(): Promise<void> {
  if (
    !(await runStage({
      title: 'cluster down',
      command: [process.execPath, `${root}cluster/src/main.ts`, 'down', '--name', values.name],
    }))
  )
    process.exitCode = 1;
}

const [verb = 'up'] = positionals;
const verbs: Record<string, () => Promise<void>> = { up, down };
const run = verbs[verb];
if (!run) {
  console.error(`demo: no verb "${verb}"; there are: ${Object.keys(verbs).join(', ')}`);
  process.exitCode = 2;
} else {
  try {
    await run();
  } catch (error) {
    console.error(`demo: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
