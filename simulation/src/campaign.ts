import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { planOf } from './plan.ts';
import { run } from './run.ts';

/** A stretch of seeds. */
export interface Seeds {
  readonly first: number;
  readonly count: number;
}

/** A seed that broke a rule. */
export interface Finding {
  readonly seed: number;
  readonly rule: string;
  readonly detail: string;
}

/** What many runs came to. */
export interface Tally {
  readonly seeds: number;
  readonly steps: number;
  readonly writes: number;
  readonly faults: number;
  readonly findings: readonly Finding[];
}

const NONE: Tally = { seeds: 0, steps: 0, writes: 0, faults: 0, findings: [] };
/** So many seeds a message from a worker. */
const BATCH = 50;

/** Runs seeds one after the other in this thread. */
export async function runSeeds({ first, count }: Seeds): Promise<Tally> {
  let tally = NONE;
  for (let seed = first; seed < first + count; seed++) {
    const { violation, steps, writes, faults } = await run(planOf(seed));
    const findings = violation ? [{ seed, ...violation }] : [];
    tally = sum(tally, { seeds: 1, steps, writes, faults, findings });
  }
  return tally;
}

/**
 * Runs seeds on all processors. The first that break a rule end the campaign early.
 * @param onProgress called after each batch.
 */
export async function runCampaign(
  seeds: Seeds,
  options: { workers?: number; maxFindings?: number; onProgress?: (tally: Tally) => void } = {},
): Promise<Tally> {
  const { workers = availableParallelism(), maxFindings = 5, onProgress } = options;
  const end = seeds.first + seeds.count;
  let next = seeds.first;
  let tally = NONE;
  const drive = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      const hand = () => {
        if (next >= end || tally.findings.length >= maxFindings) return resolve();
        const batch: Seeds = { first: next, count: Math.min(BATCH, end - next) };
        next += batch.count;
        worker.postMessage(batch);
      };
      worker.on('message', (batch: Tally) => {
        tally = sum(tally, batch);
        onProgress?.(tally);
        hand();
      });
      worker.once('error', reject);
      hand();
    });
  const crew = Array.from({ length: workers }, () => new Worker(import.meta.filename, { workerData: WORKER_MARK }));
  try {
    await Promise.all(crew.map(drive));
  } finally {
    await Promise.all(crew.map((worker) => worker.terminate()));
  }
  return { ...tally, findings: tally.findings.toSorted((a, b) => a.seed - b.seed) };
}

function sum(a: Tally, b: Tally): Tally {
  return {
    seeds: a.seeds + b.seeds,
    steps: a.steps + b.steps,
    writes: a.writes + b.writes,
    faults: a.faults + b.faults,
    findings: [...a.findings, ...b.findings],
  };
}

const WORKER_MARK = 'simulation worker';

if (!isMainThread && workerData === 'simulation worker') {
  parentPort?.on('message', (batch: Seeds) => {
    void runSeeds(batch).then((tally) => parentPort?.postMessage(tally));
  });
}
