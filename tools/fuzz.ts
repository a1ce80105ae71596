/** `npm run fuzz`: arbitrary and mutated objects through defaults and rules. */
import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { admissionProperties } from './fuzz/admission.ts';

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
