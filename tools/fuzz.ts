/**
 * `npm run fuzz`: arbitrary and mutated objects through defaults and rules. `npm run fuzz -- simulation ...`: the
 * reconcilers against a pretended world, see docs/simulation.md.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { admissionProperties } from './fuzz/admission.ts';

if (process.argv[2] === 'simulation') {
  const program = fileURLToPath(new URL('../simulation/src/main.ts', import.meta.url));
  process.exit(spawnSync(process.execPath, [program, ...process.argv.slice(3)], { stdio: 'inherit' }).status ?? 1);
}
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const properties = admissionProperties().filter(({ name }) => name.includes(values.only));
const runsEach = Math.ceil(Number(values.runs) / Math.max(1, properties.length));

let failures = 0;
for (const { name, property } of properties) {
  const startedMs = performance.now();
  const details = fc.check(property, { numRuns: runsEach, seed: Number(values.seed) });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  console.log(`${details.failed ? 'FAILED' : 'holds '} ${name}: ${details.numRuns} objects in ${seconds} s`);
  if (details.failed) {
    failures++;
    const error = details.errorInstance instanceof Error ? `\n${details.errorInstance.stack}` : '';
    console.log(`  seed ${details.seed}, path ${details.counterexamplePath}`);
    console.log(
      `  ${JSON.stringify(details.counterexample?.[0])}, configuration ${details.counterexample?.[1]}${error}`,
    );
  }
}
console.log(`${properties.length - failures} of ${properties.length} properties hold`);
process.exitCode = failures === 0 && properties.length > 0 ? 0 : 1;
