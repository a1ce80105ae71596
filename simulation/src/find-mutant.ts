import type { Finding } from './campaign.ts';
import type { Mutant } from './mutants.ts';
import { planOf } from './plan.ts';
import { run } from './run.ts';

/** The first seed that finds a mutant, if one of so many does. */
export async function findMutant(mutant: Mutant, maxSeeds: number): Promise<Finding | undefined> {
  for (let seed = 1; seed <= maxSeeds; seed++) {
    const { violation } = await run(planOf(seed), { mutant });
    if (violation) return { seed, ...violation };
  }
  return undefined;
}
