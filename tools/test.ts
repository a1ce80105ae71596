/**
 * `npm test [-- --level unit|integration|e2e ...] [--yes] [--keep-cluster]`: every level, on this machine. It says what is
 * missing, installs it when allowed (`--yes` or CI), and ends with one line: `N passed, N failed, N skipped`.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runStage } from './stages.ts';
import { tallyJest, unlistedSkips, type JestReport, type ListedSkip, type Tally } from './test-summary.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = `${root}out/test`;
const { values } = parseArgs({
  options: {
    level: { type: 'string', multiple: true, default: ['check', 'unit', 'integration', 'e2e'] },
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

async function e2e(): Promise<void> {
  const results = `${root}out/e2e/results.json`;
  rmSync(results, { force: true });
  await runStage({ title: 'end-to-end cases', command: [process.execPath, `${root}e2e/run.ts`, ...install] });
  if (!existsSync(results)) return fail('the end-to-end cases did not run');
  for (const { name, passed, error } of JSON.parse(readFileSync(results, 'utf8')) as {
    name: string;
    passed: boolean;
    error?: string;
  }[]) {
    if (passed) tally.passed++;
    else fail(`e2e ${name}: ${error}`);
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
  if (values.level.includes('integration')) await jest('integration', ['--runInBand']);
  if (values.level.includes('e2e')) {
    await e2e();
    if (!values['keep-cluster'])
      await stage('cluster down', [process.execPath, `${root}cluster/src/main.ts`, 'down', '--name', 'quickvirt-e2e']);
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
