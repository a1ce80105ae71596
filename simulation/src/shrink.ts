import type { Mutant } from './mutants.ts';
import type { Plan } from './plan.ts';
import { run } from './run.ts';

type Part = 'happenings' | 'requestFaults' | 'syncFaults';
const PARTS: readonly Part[] = ['requestFaults', 'happenings', 'syncFaults'];

/**
 * A smaller plan that breaks the same rule: whole stretches of faults and actions are left out, then single ones, as long
 * as the rule still breaks (delta debugging). What is left out shifts chance, so the result need not be the smallest.
 */
export async function shrink(plan: Plan, rule: string, mutant?: Mutant, maxRuns = 400): Promise<Plan> {
  let runs = 0;
  const stillBreaks = async (candidate: Plan): Promise<boolean> => {
    if (++runs > maxRuns) return false;
    return (await run(candidate, { mutant })).violation?.rule === rule;
  };
  let smallest = plan;
  for (let progress = true; progress;) {
    progress = false;
    for (const part of PARTS) {
      for (let stretch = Math.ceil(smallest[part].length / 2); stretch >= 1; stretch = Math.floor(stretch / 2)) {
        for (let at = smallest[part].length - stretch; at >= 0; at -= stretch) {
          const candidate: Plan = { ...smallest, [part]: smallest[part].toSpliced(at, stretch) };
          if (candidate[part].length === smallest[part].length || !(await stillBreaks(candidate))) continue;
          smallest = candidate;
          progress = true;
        }
      }
    }
  }
  return smallest;
}
