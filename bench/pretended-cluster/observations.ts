/** What a run shows that the neutral harness does not look at: the need behind the memory, silence, and restarts. */
import { readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Product } from './product.ts';

/** One run's. */
export interface Observations {
  count: number;
  /** virt-controller's heap in use after a collection, in bytes: without machines, with all, and when they are gone. */
  heapBytes: { idle: number | undefined; running: number | undefined; after: number | undefined };
  /** Writes of our apps while all machines ran and nobody did anything. */
  writesWhileRunning: { seconds: number; writes: number };
  /** The same when all were gone. */
  writesAfterwards: { seconds: number; writes: number };
  restarts: Product['restarts'];
}

/** How long nothing must be written after the machines have gone. */
const IDLE_SECONDS = 30;
/** Users of our own pods in the audit log. */
const OURS = 'system:serviceaccount:quickvirt:';
const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Takes the heap when the harness says that it begins to create, and to delete: between those all machines run. */
export function heapSamples(product: Product): {
  take(line: string): void;
  taken(): Promise<Pick<Observations, 'heapBytes'>>;
} {
  const samples: Partial<Record<'idle' | 'running', Promise<number | undefined>>> = {};
  const heap = async (): Promise<number | undefined> => {
    try {
      return await product.controllerHeapBytes();
    } catch (error) {
      console.error(`the heap of virt-controller was not read: ${String(error)}`);
      return undefined;
    }
  };
  return {
    take: (line) => {
      if (line.startsWith('creating')) samples.idle = heap();
      if (line.startsWith('deleting')) samples.running = heap();
    },
    taken: async () => ({
      heapBytes: { idle: await samples.idle, running: await samples.running, after: await heap() },
    }),
  };
}

/** From the harness's own count of the time in which all machines ran. */
export function writesWhileRunning(resultPath: string): Observations['writesWhileRunning'] {
  const { count, phases, audit } = JSON.parse(readFileSync(resultPath, 'utf8')) as {
    count: number;
    phases: { steady: { seconds: number } };
    audit: { steady: { productWritesPerItem: number } };
  };
  return { seconds: phases.steady.seconds, writes: Math.round(audit.steady.productWritesPerItem * count) };
}

/** Waits, and counts what our apps write meanwhile; the audit policy leaves leases out. */
export async function idleWrites(auditLogPath: string): Promise<Observations['writesAfterwards']> {
  const from = statSync(auditLogPath).size;
  await sleep(IDLE_SECONDS * 1000);
  const log = await open(auditLogPath);
  try {
    let writes = 0;
    for await (const line of log.readLines({ start: from })) if (isOurWrite(line)) writes += 1;
    return { seconds: IDLE_SECONDS, writes };
  } finally {
    await log.close();
  }
}

/** Whether an event of the audit log, one line, is a write of one of our apps. */
export function isOurWrite(line: string): boolean {
  const { verb, user } = JSON.parse(line) as { verb?: string; user?: { username?: string } };
  return WRITES.has(verb ?? '') && (user?.username ?? '').startsWith(OURS);
}

/** A Markdown table, a column a run. */
export function observationsTable(runs: readonly Observations[]): string {
  const row = (name: string, cell: (one: Observations) => string): string =>
    `| ${[name, ...runs.map((one) => cell(one))].join(' | ')} |`;
  const mib = (bytes: number | undefined): string => (bytes === undefined ? '-' : (bytes / 2 ** 20).toFixed(1));
  return [
    '',
    row('what else', ({ count }) => `${count} machines`),
    `|${'---|'.repeat(runs.length + 1)}`,
    row("virt-controller's heap in use, MiB: idle / all run / all gone", ({ heapBytes: { idle, running, after } }) =>
      [idle, running, after].map(mib).join(' / '),
    ),
    row('KiB of it for one machine', ({ count, heapBytes: { idle, running } }) =>
      idle === undefined || running === undefined ? '-' : ((running - idle) / 1024 / count).toFixed(1),
    ),
    row(
      'writes while all run and nobody does anything',
      ({ writesWhileRunning: { seconds, writes } }) => `${writes} in ${seconds} s`,
    ),
    row('writes when all are gone', ({ writesAfterwards: { seconds, writes } }) => `${writes} in ${seconds} s`),
    row('restarts: virt-controller, virt-api', ({ restarts }) =>
      [restarts['virt-controller'], restarts['virt-api']].join(', '),
    ),
    '',
  ].join('\n');
}
