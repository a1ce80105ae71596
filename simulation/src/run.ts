import { setImmediate } from 'node:timers';
import { checkEnd } from './end-state.ts';
import { runEpilogue } from './epilogue.ts';
import { Operator } from './operator.ts';
import { Overseer, type Violation } from './overseer.ts';
import type { Plan } from './plan.ts';
import { act } from './user.ts';
import type { Mutant } from './mutants.ts';
import type { RequestFate } from './world/network.ts';
import { World, type FaultSource } from './world/world.ts';

/** How one run went. */
export interface Outcome {
  readonly violation: Violation | undefined;
  readonly steps: number;
  readonly writes: number;
  readonly faults: number;
  /** Equal for equal runs. */
  readonly fingerprint: number;
}

export interface RunOptions {
  readonly mutant?: Mutant | undefined;
  readonly trace?: ((line: string) => void) | undefined;
}

/** A world that still writes after so many steps without faults never comes to rest. */
const MAX_STEPS = 12_000;
/** Nothing was written for so long: the world rests. Longer than every back-off. */
const QUIET_MS = 400_000;
/** How often time jumps although something else could happen. */
const JUMP = 0.03;
/** How likely waiting ends when nothing can happen but by a timer. */
const IDLE_ENDS = 0.3;

/** Runs a plan to its end, or to the first rule that is broken. */
export async function run(plan: Plan, options: RunOptions = {}): Promise<Outcome> {
  const { trace } = options;
  const faults = new PlannedFaults(plan);
  const world = new World({
    seed: plan.seed,
    nodes: Array.from({ length: plan.nodes }, (_, index) => `node${index}`),
    faults,
    trace,
  });
  const overseer = new Overseer(world);
  const operator = new Operator(world, { mutant: options.mutant, election: plan.election });
  operator.begin();
  let fingerprint = 0;
  let steps = 0;
  /** Steps that were passed over. */
  let idle = 0;
  const step = async (jump: number): Promise<void> => {
    steps++;
    const task = world.agenda.next(jump);
    if (!task) return;
    world.trace?.(() => task.label);
    fingerprint = (Math.imul(fingerprint, 31) + task.label.length + world.api.version) | 0;
    try {
      task.run();
    } catch (error) {
      overseer.broken('the world itself failed', (error as Error).stack ?? String(error));
    }
    await turnOfEventLoop();
    if (plan.election) overseer.checkLeaders(operator.leaders);
  };
  const rest = async (): Promise<void> => {
    const most = steps + MAX_STEPS;
    const quietMs = () => world.agenda.nowMs - overseer.lastWriteMs;
    while (!overseer.violation && (world.agenda.isBusy || quietMs() < QUIET_MS)) {
      if (world.agenda.nextDueMs === undefined && !world.agenda.isBusy) break;
      if (steps > most) overseer.broken('never comes to rest', `${overseer.writes} writes in ${steps} steps`);
      await step(0);
    }
    if (!overseer.violation) checkEnd(world, overseer);
    if (plan.election && operator.leaders.length !== 1)
      overseer.broken('nobody leads in the end', `${operator.leaders.length} leaders`);
  };
  for (const happening of plan.happenings) {
    while (steps + idle < happening.atStep && !overseer.violation) {
      // Where only timers are left to wait for, the next thing often comes at once.
      if (!world.agenda.isBusy && world.random.chance(IDLE_ENDS)) idle = happening.atStep - steps;
      else await step(JUMP);
    }
    if (overseer.violation) break;
    if ('user' in happening) {
      const accepted = act(world, overseer, happening.user);
      world.trace?.(() => `USER ${JSON.stringify(happening.user)} ${accepted ? '' : 'refused'}`);
    } else {
      world.trace?.(() => `FAULT ${JSON.stringify(happening.fault)}`);
      operator.inflict(happening.fault);
      faults.count++;
    }
    await turnOfEventLoop();
  }
  for (let more = 150; more > 0 && !overseer.violation; more--) await step(JUMP);
  world.trace?.(() => 'all faults end');
  faults.end();
  operator.repair();
  await rest();
  if (plan.epilogue && !overseer.violation) {
    world.trace?.(() => `EPILOGUE ${plan.epilogue}`);
    if (await runEpilogue(plan.epilogue, { world, overseer, operator, step: () => step(0) })) await rest();
  }
  operator.end();
  return { violation: overseer.violation, steps, writes: overseer.writes, faults: faults.count, fingerprint };
}

/** Requests that change something that matters: no heartbeats. */
const WRITES = /: (create|replace|merge|strategic|apply|delete) .* of (virtualmachines|virtualmachineinstances|pods)$/;

/** The faults of a plan, by the number of the request. */
class PlannedFaults implements FaultSource {
  count = 0;
  readonly #requests: ReadonlyMap<number, RequestFate>;
  readonly #syncs: ReadonlyMap<number, 'refused' | 'unanswered'>;
  readonly #writesOnly: boolean;
  #request = 0;
  #sync = 0;
  #ended = false;

  constructor(plan: Plan) {
    this.#writesOnly = plan.writesOnly;
    this.#requests = new Map(plan.requestFaults.map(({ request, fate }) => [request, fate]));
    this.#syncs = new Map(plan.syncFaults.map(({ sync, fate }) => [sync, fate]));
  }

  fateOf(label: string): RequestFate {
    if (this.#writesOnly && !WRITES.test(label)) return 'served';
    return this.#counted(this.#requests.get(this.#request++));
  }

  syncFate(): 'served' | 'refused' | 'unanswered' {
    return this.#counted(this.#syncs.get(this.#sync++));
  }

  end(): void {
    this.#ended = true;
  }

  #counted<Fate extends string>(fate: Fate | undefined): Fate | 'served' {
    if (fate === undefined || this.#ended) return 'served';
    this.count++;
    return fate;
  }
}

/** Everything that can go on without the world has gone on after it. */
function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
