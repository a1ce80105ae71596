/**
 * `npm run e2e [-- CASE...] [--keep] [--list]`: runs the cases of `e2e/cases` one after the other on the cluster of
 * KUBECONFIG, or on the local one when that is not set (it is brought up and QuickVirt installed when need be).
 * `chaos` kills and cuts around a running guest instead (`--kills N`, `--cut-seconds S`, `--machines N`, `--seed N`).
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

/** Leaves the results behind as JSON and says how many passed. */
function report(results: readonly CaseResult[], file: string): void {
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, file), JSON.stringify(results, null, 2));
  const failed = results.filter((result) => !result.passed).length;
  console.log(`e2e: ${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

const isChaos = positionals[0] === 'chaos';
const isFencing = positionals[0] === 'fencing';
const isQat = positionals[0] === 'qat';
const cases = readCases(
  fileURLToPath(new URL('cases', import.meta.url)),
  isChaos || isFencing || isQat ? [] : positionals,
);
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
} else if (isFencing) {
  report(await runFencing({ ...wanted, out: join(values.out, 'fencing') }), 'fencing.json');
} else if (isQat) {
  const out = join(values.out, 'qat');
  report(await runQat({ names: positionals.slice(1), keep: values.keep, out }), 'qat.json');
} else if (values['chart-lifecycle']) {
  report(await runChartLifecycle(wanted), 'chart-lifecycle.json');
} else {
  const cluster = await prepareCluster(wanted);
  // kubectl and virtctl, ours and those of a case's commands, find the cluster by it.
  process.env.KUBECONFIG = cluster.kubeconfigPath;
  const { kubectlPath, kubeconfigPath, system, guestImage } = cluster;
  const results = await runCases(cases, {
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
  report(results, 'cases.json');
}
