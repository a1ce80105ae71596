import type { Finding } from './campaign.ts';
import type { Mutant } from './mutants.ts';
import { planOf } from './plan.ts';
import { run } from './run.ts';

/** The first seed that finds a mutant, if one of so many does in which it makes a difference. */
export async function findMutant(mutant: Mutant, maxSeeds: number): Promise<Finding | undefined> {
  for (let seed = 1, left = maxSeeds; left > 0; seed++) {
    const plan = planOf(seed);
    if (mutant.inElections && !plan.election) continue;
    left--;
    const { violation } = await run(plan, { mutant });
    if (violation) return { seed, ...violation };
  }
  return undefined;
}
