/**
 * `node simulation/src/main.ts`: runs the reconcilers against the pretended world, one world a seed.
 *   --seeds N [--first N] [--workers N]   many seeds; ends with 1 when one breaks a rule
 *   --seed N                              one seed, with its trace
 *   --plan FILE                           a plan as --seed printed it, with its trace
 *   --mutants                             how soon each deliberate mistake is found
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runCampaign, type Finding } from './campaign.ts';
import { findMutant } from './find-mutant.ts';
import { MUTANTS } from './mutants.ts';
import { planOf, type Plan } from './plan.ts';
import { run } from './run.ts';
import { shrink } from './shrink.ts';

/** So many seeds may pass before a mutant is found. */
const MUTANT_SEEDS = 3_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    first: { type: 'string', default: '1' },
    workers: { type: 'string' },
    seed: { type: 'string' },
    plan: { type: 'string' },
    mutants: { type: 'boolean', default: false },
  },
});

if (values.mutants) process.exitCode = await showMutants();
else if (values.plan !== undefined)
  process.exitCode = await replay(JSON.parse(readFileSync(values.plan, 'utf8')) as Plan);
else if (values.seed !== undefined) process.exitCode = await replay(planOf(Number(values.seed)));
else process.exitCode = await runMany();

async function runMany(): Promise<number> {
  const seeds = { first: Number(values.first), count: Number(values.seeds) };
  const startMs = performance.now();
  let toldMs = startMs;
  const tally = await runCampaign(seeds, {
    ...(values.workers !== undefined && { workers: Number(values.workers) }),
    onProgress: ({ seeds: done, findings }) => {
      if (performance.now() - toldMs < 5_000) return;
      toldMs = performance.now();
      const rate = Math.round((done * 1000) / (toldMs - startMs));
      console.log(`simulation: ${done} of ${seeds.count} seeds, ${rate} a second, ${findings.length} broke a rule`);
    },
  });
  const seconds = (performance.now() - startMs) / 1000;
  console.log(
    `simulation: ${tally.seeds} seeds in ${seconds.toFixed(1)} s (${Math.round(tally.seeds / seconds)} a second): ` +
      `${tally.steps} steps, ${tally.writes} writes, ${tally.faults} faults; ${tally.findings.length} broke a rule`,
  );
  for (const finding of tally.findings) console.log(`  ${describe(finding)}`);
  const [first] = tally.findings;
  if (!first) return 0;
  console.log('The first of them:');
  return replay(planOf(first.seed));
}

function describe({ seed, rule, detail }: Finding): string {
  return `seed ${seed}: ${rule}: ${detail} (npm run fuzz -- simulation --seed ${seed})`;
}

/** The trace of the plan; of one that breaks a rule, the trace of what is left of it when it is cut down. */
async function replay(plan: Plan): Promise<number> {
  const { violation } = await run(plan);
  const shown = violation ? await shrink(plan, violation.rule) : plan;
  const { violation: broken, ...counts } = await run(shown, { trace: (line) => console.log(line) });
  console.log(`plan: ${JSON.stringify(shown)}`);
  console.log(`${counts.steps} steps, ${counts.writes} writes, ${counts.faults} faults`);
  console.log(broken ? `BROKEN ${broken.rule}: ${broken.detail}` : 'no rule was broken');
  return broken ? 1 : 0;
}

async function showMutants(): Promise<number> {
  let missed = 0;
  for (const mutant of MUTANTS) {
    const found = await findMutant(mutant, MUTANT_SEEDS);
    if (!found) missed++;
    console.log(
      `${mutant.name}: ${found ? `seed ${found.seed}: ${found.rule}` : `NOT FOUND in ${MUTANT_SEEDS} seeds`}`,
    );
  }
  console.log(`${MUTANTS.length - missed} of ${MUTANTS.length} mutants were found`);
  return missed === 0 ? 0 : 1;
}
