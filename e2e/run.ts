/**
 * `npm run e2e [-- CASE...] [--keep] [--list]`: runs the cases of `e2e/cases` one after the other on the cluster of
 * KUBECONFIG, or on the local one when that is not set (it is brought up and QuickVirt installed when need be).
 * `chaos [WORDS...]` kills and cuts around a running guest instead, in all ways or in those whose title has the words
 * (`--kills N`, `--cut-seconds S`, `--machines N`, `--seed N`).
 * `fencing` lets nodes stand still and die under a machine (local cluster, two workers).
 * `qat [CASE...]` runs the cases of `e2e/qat/boots` on a nested machine with stand-ins for QAT cards.
 * `--chart-lifecycle` takes the chart through install, upgrade, rollback and uninstall instead, which deletes every machine.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runChaos } from './chaos/index.ts';
import { runFencing } from './fencing/index.ts';
import { runChartLifecycle } from './src/chart-lifecycle.ts';
import { readCases } from './src/case.ts';
import { prepareCluster } from './src/cluster.ts';
import { collectEvidence } from './src/evidence.ts';
import { Kubectl } from './src/kubectl.ts';
import { runQat } from './qat/index.ts';
import type { CaseResult } from './src/case-result.ts';
import { runCases } from './src/run-case.ts';
import { steps } from './src/steps.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keep: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    out: { type: 'string', default: fileURLToPath(new URL('../out/e2e', import.meta.url)) },
    nodes: { type: 'string', default: '2' },
    // Loop devices need root; without them the faults of a full disk are left out.
    'node-disk-size': { type: 'string', default: process.getuid?.() === 0 ? '10Gi' : undefined },
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

const casesFolder = fileURLToPath(new URL('cases', import.meta.url));

/** Leaves the results behind as JSON and says how many passed. */
function report(results: readonly CaseResult[], file: string): void {
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, file), JSON.stringify(results, null, 2));
  const failed = results.filter((result) => !result.passed).length;
  console.log(`e2e: ${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

const wanted = {
  nodes: Number(values.nodes),
  nodeDiskSize: values['node-disk-size'],
  name: values.name,
  yes: values.yes || process.env.CI === 'true',
  skipImages: values['skip-images'],
};

async function runOwnCases(names: readonly string[]): Promise<CaseResult[]> {
  const cluster = await prepareCluster(wanted);
  const { kubectlPath, kubeconfigPath, system, guestImage } = cluster;
  return runCases(readCases(casesFolder, [...names]), {
    contextOf: (_testCase, namespace) => ({
      kubectl: new Kubectl(kubectlPath, namespace),
      kubeconfig: kubeconfigPath,
      namespace,
      system,
      variables: { namespace, system, guestImage },
    }),
    verbs: steps,
    saveEvidence: ({ name }, context) => collectEvidence(join(values.out, name), context),
    keep: values.keep,
  });
}

/** What can be run beside the cases; each leaves `<name>.json`. */
const suites: Readonly<Record<string, (names: readonly string[]) => Promise<CaseResult[]>>> = {
  chaos: (only) =>
    runChaos({
      ...wanted,
      only,
      kills: Number(values.kills),
      cutMs: Number(values['cut-seconds']) * 1000,
      machines: Number(values.machines),
      seed: Number(values.seed),
      out: join(values.out, 'chaos'),
    }),
  fencing: () => runFencing({ ...wanted, out: join(values.out, 'fencing') }),
  qat: (names) => runQat({ names: [...names], keep: values.keep, out: join(values.out, 'qat') }),
  'chart-lifecycle': () => runChartLifecycle(wanted),
};

const [first = '', ...rest] = values['chart-lifecycle'] ? ['chart-lifecycle'] : positionals;
const suite = suites[first];
if (values.list) {
  for (const { name } of readCases(casesFolder, [])) console.log(name);
} else if (suite) {
  report(await suite(rest), `${first}.json`);
} else {
  report(await runOwnCases(positionals), 'cases.json');
}
