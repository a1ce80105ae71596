import { parseArgs } from 'node:util';
import { planOf } from './plan.ts';
import { MUTANTS } from './mutants.ts';
import { run } from './run.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    seed: { type: 'string' },
    mutants: { type: 'boolean', default: false },
  },
});
if (values.mutants) {
  for (const mutant of MUTANTS) {
    const found = new Map<string, number>();
    let first;
    for (let seed = 1; seed <= Number(values.seeds); seed++) {
      const outcome = await run(planOf(seed), { mutant });
      if (!outcome.violation) continue;
      first ??= seed;
      found.set(outcome.violation.rule, (found.get(outcome.violation.rule) ?? 0) + 1);
    }
    console.log(mutant.name, 'first', first, [...found].map(([rule, count]) => `${rule} ${count}`).join('; '));
  }
} else if (values.seed !== undefined) {
  const plan = planOf(Number(values.seed));
  console.log(JSON.stringify(plan));
  console.log(await run(plan, { trace: (line) => console.log(line) }));
} else {
  const rules = new Map<string, number[]>();
  const startMs = performance.now();
  let steps = 0,
    writes = 0,
    faults = 0;
  for (let seed = Number(values.first); seed < Number(values.first) + Number(values.seeds); seed++) {
    const outcome = await run(planOf(seed));
    steps += outcome.steps;
    writes += outcome.writes;
    faults += outcome.faults;
    if (outcome.violation) rules.set(outcome.violation.rule, [...(rules.get(outcome.violation.rule) ?? []), seed]);
  }
  const seconds = (performance.now() - startMs) / 1000;
  console.log({ seconds, perSecond: Number(values.seeds) / seconds, steps, writes, faults });
  for (const [rule, seeds] of rules) console.log(rule, seeds.length, seeds.slice(0, 12).join(' '));
}
