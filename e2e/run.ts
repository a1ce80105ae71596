/**
 * `npm run e2e [-- CASE...] [--keep] [--list]`: runs the cases of `e2e/cases` one after the other on the cluster of
 * KUBECONFIG, or on the local one when that is not set (it is brought up and QuickVirt installed when need be).
 * `chaos` kills and cuts around a running guest instead (`--kills N`, `--cut-seconds S`, `--machines N`, `--seed N`).
 * `--chart-lifecycle` takes the chart through install, upgrade, rollback and uninstall instead, which deletes every machine.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runChaos } from './chaos/index.ts';
import { runChartLifecycle } from './src/chart-lifecycle.ts';
import { readCases, substitute, type Case } from './src/case.ts';
import { prepareCluster, type PreparedCluster } from './src/cluster.ts';
import { collectEvidence } from './src/evidence.ts';
import { Kubectl } from './src/kubectl.ts';
import type { StepContext } from './src/step-context.ts';
import { steps } from './src/steps.ts';

interface CaseResult {
  name: string;
  passed: boolean;
  durationMs: number;
  error?: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keep: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    out: { type: 'string', default: fileURLToPath(new URL('../out/e2e', import.meta.url)) },
    nodes: { type: 'string', default: '2' },
    name: { type: 'string', default: 'quickvirt-e2e' },
    yes: { type: 'boolean', default: false },
    'skip-images': { type: 'boolean', default: false },
    'chart-lifecycle': { type: 'boolean', default: false },
    kills: { type: 'string', default: '200' },
    'cut-seconds': { type: 'string', default: '300' },
    machines: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
  },
});

async function runCase(testCase: Case, cluster: PreparedCluster): Promise<CaseResult> {
  const namespace = `e2e-${testCase.name}`;
  const began = Date.now();
  const context: StepContext = {
    kubectl: new Kubectl(cluster.kubectlPath, namespace),
    kubeconfig: cluster.kubeconfigPath,
    namespace,
    system: cluster.system,
    variables: { namespace, system: cluster.system, guestImage: cluster.guestImage },
  };
  await context.kubectl.run(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s'], {
    timeoutMs: 130_000,
  });
  await context.kubectl.run(['create', 'namespace', namespace]);
  // A launcher pod passes the strictest level; the API server holds us to it in every case.
  await context.kubectl.run(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
  let at = '';
  try {
    for (const step of testCase.steps) {
      at = step.file;
      const execute = steps[step.verb];
      if (!execute) throw new Error(`no verb "${step.verb}"; there are: ${Object.keys(steps).join(', ')}`);
      for (const document of step.documents) await execute(substitute(document, context.variables), context);
    }
  } catch (error) {
    const folder = await collectEvidence(join(values.out, testCase.name), context);
    const message = `${at}: ${(error as Error).message}\n      evidence: ${folder}`;
    if (!values.keep) await cleanUp(context);
    return { name: testCase.name, passed: false, durationMs: Date.now() - began, error: message };
  }
  if (!values.keep) await cleanUp(context);
  return { name: testCase.name, passed: true, durationMs: Date.now() - began };
}

async function cleanUp({ kubectl, namespace }: StepContext): Promise<void> {
  await kubectl.try(['delete', 'namespace', namespace, '--wait=false']);
}

/** Leaves the results behind as JSON and says how many passed. */
function report(results: readonly CaseResult[], file: string): void {
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, file), JSON.stringify(results, null, 2));
  const failed = results.filter((result) => !result.passed).length;
  console.log(`e2e: ${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

const isChaos = positionals[0] === 'chaos';
const cases = readCases(fileURLToPath(new URL('cases', import.meta.url)), isChaos ? [] : positionals);
const wanted = {
  nodes: Number(values.nodes),
  name: values.name,
  yes: values.yes || process.env.CI === 'true',
  skipImages: values['skip-images'],
};
if (values.list) {
  for (const { name } of cases) console.log(name);
} else if (isChaos) {
  report(
    await runChaos({
      ...wanted,
      kills: Number(values.kills),
      cutMs: Number(values['cut-seconds']) * 1000,
      machines: Number(values.machines),
      seed: Number(values.seed),
      out: join(values.out, 'chaos'),
    }),
    'chaos.json',
  );
} else if (values['chart-lifecycle']) {
  process.exitCode = (await runChartLifecycle(wanted)) ? 0 : 1;
} else {
  const cluster = await prepareCluster(wanted);
  // kubectl and virtctl, ours and those of a case's commands, find the cluster by it.
  process.env.KUBECONFIG = cluster.kubeconfigPath;
  const results: CaseResult[] = [];
  for (const testCase of cases) {
    process.stdout.write(`  ${testCase.name} ... `);
    const result = await runCase(testCase, cluster);
    results.push(result);
    console.log(
      `${result.passed ? 'passed' : 'FAILED'} (${(result.durationMs / 1000).toFixed(1)} s)${result.error ? `\n    ${result.error}` : ''}`,
    );
  }
  report(results, 'results.json');
}
