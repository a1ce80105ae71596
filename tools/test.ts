/**
 * `npm test [-- --level unit|simulation|integration|e2e ...] [--yes] [--keep-cluster]`: every level, on this machine. It says what is
 * missing, installs it when allowed (`--yes` or CI), and ends with one line: `N passed, N failed, N skipped`.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { CaseResult } from '../e2e/src/case-result.ts';
import { runStage } from './stages.ts';
import { tallyJest, unlistedSkips, type JestReport, type ListedSkip, type Tally } from './test-summary.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = `${root}out/test`;
const { values } = parseArgs({
  options: {
    level: { type: 'string', multiple: true, default: ['check', 'unit', 'simulation', 'integration', 'e2e'] },
    yes: { type: 'boolean', default: false },
    'keep-cluster': { type: 'boolean', default: false },
  },
});
const ci = process.env.CI === 'true';
const install = values.yes || ci ? ['--yes'] : [];
const tally: Tally = { passed: 0, failed: 0, skipped: [], failures: [] };

function add(more: Tally): void {
  tally.passed += more.passed;
  tally.failed += more.failed;
  tally.skipped.push(...more.skipped);
  tally.failures.push(...more.failures);
}

function fail(what: string): void {
  add({ passed: 0, failed: 1, skipped: [], failures: [what] });
}

async function stage(title: string, command: string[]): Promise<boolean> {
  const passed = await runStage({ title, command });
  if (passed) tally.passed++;
  else fail(`${title}: ${command.join(' ')}`);
  return passed;
}

async function jest(project: string, extra: string[]): Promise<void> {
  const report = `${out}/${project}.json`;
  rmSync(report, { force: true });
  await runStage({
    title: `${project} tests`,
    command: [
      process.execPath,
      '--experimental-vm-modules',
      `${root}node_modules/jest/bin/jest.js`,
      '--selectProjects',
      project,
      '--json',
      `--outputFile=${report}`,
      '--silent',
      ...extra,
    ],
    logFile: `${out}/${project}.log`,
  });
  if (existsSync(report)) add(tallyJest(JSON.parse(readFileSync(report, 'utf8')) as JestReport));
  else fail(`${project} tests did not run: see ${out}/${project}.log`);
}

interface Suite {
  name: string;
  title: string;
  words: readonly string[];
}

/** On one cluster, in this order: the last ones take the chart off it and kill a node. */
const clusterSuites: readonly Suite[] = [
  { name: 'cases', title: 'end-to-end cases', words: [] },
  { name: 'chaos', title: 'chaos', words: ['chaos', '--kills', '20', '--cut-seconds', '30', '--machines', '10'] },
  { name: 'chart-lifecycle', title: 'life cycle of the chart', words: ['--chart-lifecycle', '--skip-images'] },
  { name: 'fencing', title: 'fencing', words: ['fencing', '--skip-images'] },
];
const qatSuite: Suite = { name: 'qat', title: 'QAT in a nested machine', words: ['qat'] };

async function e2e({ name, title, words }: Suite): Promise<void> {
  const results = `${root}out/e2e/${name}.json`;
  rmSync(results, { force: true });
  await runStage({ title, command: [process.execPath, `${root}e2e/run.ts`, ...words, ...install] });
  if (!existsSync(results)) return fail(`${title}: did not run`);
  for (const part of JSON.parse(readFileSync(results, 'utf8')) as CaseResult[]) {
    if (part.passed) tally.passed++;
    else fail(`e2e ${part.name}: ${part.error}`);
  }
}

mkdirSync(out, { recursive: true });
const ready = await stage('what this machine needs', [
  process.execPath,
  `${root}cluster/src/main.ts`,
  'prepare',
  ...install,
]);
if (ready) {
  if (values.level.includes('check')) await stage('check', [process.execPath, `${root}tools/check.ts`]);
  if (values.level.includes('unit')) await jest('unit', []);
  if (values.level.includes('simulation'))
    for (const [title, ...args] of [['simulation of the reconcilers'], ['its mutants are found', '--mutants']])
      await stage(String(title), [process.execPath, `${root}simulation/src/main.ts`, ...args]);
  if (values.level.includes('integration')) await jest('integration', ['--runInBand']);
  if (values.level.includes('e2e')) {
    for (const suite of clusterSuites) await e2e(suite);
    if (!values['keep-cluster'])
      await stage('cluster down', [process.execPath, `${root}cluster/src/main.ts`, 'down', '--name', 'quickvirt-e2e']);
    await e2e(qatSuite);
  }
}
const listed = JSON.parse(readFileSync(`${root}tools/skips.json`, 'utf8')) as ListedSkip[];
for (const name of unlistedSkips(tally.skipped, listed, ci)) fail(`skipped without a listed reason: ${name}`);
for (const failure of tally.failures) console.log(`FAILED ${failure}`);
for (const skip of listed) {
  const count = tally.skipped.filter((name) => new RegExp(skip.test).test(name)).length;
  if (count > 0) console.log(`skipped ${count}: ${skip.reason}`);
}
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped.length} skipped`);
process.exitCode = tally.failed > 0 ? 1 : 0;
