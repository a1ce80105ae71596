/** `npm run check`: everything that needs no machine but Node: format, lint, types, dead code, protos, generated files. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runStage, type Stage } from './stages.ts';

const bin = (name: string): string => fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));
const log = (name: string): string => fileURLToPath(new URL(`../out/check/${name}.log`, import.meta.url));
const releasedProtos = fileURLToPath(new URL('../packages/rpc/src/testing/released', import.meta.url));
const releases = readdirSync(releasedProtos, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const stages: Stage[] = [
  { title: 'format', command: [bin('prettier'), '--check', '--log-level', 'warn', '.'], logFile: log('format') },
  { title: 'lint, ring rules included', command: [bin('oxlint'), '--deny-warnings'], logFile: log('lint') },
  { title: 'types', command: [bin('tsc'), '-p', 'tsconfig.json'], logFile: log('types') },
  { title: 'dead code', command: [bin('knip'), '--no-progress'], logFile: log('dead-code') },
  { title: 'protos', command: [bin('buf'), 'lint', 'protos'], logFile: log('protos') },
  ...releases.map((release) => ({
    title: `protos suit launchers of ${release}`,
    command: [bin('buf'), 'breaking', 'protos', '--against', `${releasedProtos}/${release}`],
    logFile: log(`protos-${release}`),
  })),
  {
    title: 'generated files are fresh',
    command: [process.execPath, fileURLToPath(new URL('generate.ts', import.meta.url)), '--check'],
    logFile: log('generated'),
  },
];

let failed = 0;
for (const stage of stages) if (!(await runStage(stage))) failed++;
console.log(failed === 0 ? 'check: all is well' : `check: ${failed} of ${stages.length} failed`);
process.exitCode = failed === 0 ? 0 : 1;
