/**
 * What one machine costs the control plane when nothing queues: 100 VMs and 100 VMIs at two a second on pretended nodes
 * (writes, webhook calls, CPU of each process, memory, steps of the way to Running), and what admission adds to a create
 * request. By the neutral harness of shared/bench beside this repository. No environment.
 */
import { readFileSync } from 'node:fs';
import { startBench } from '../pretended-cluster/harness.ts';

/** Prints the tables, then admission's cost above a ConfigMap of the same size. */
export async function run(): Promise<void> {
  const bench = await startBench(100);
  try {
    const vm = await bench.density({ kind: 'vm', count: 100, intervalMs: 500 });
    const vmi = await bench.density({ kind: 'vmi', count: 100, intervalMs: 500 });
    console.log(await bench.tables([vm, vmi]));
    const { aboveConfigMap } = JSON.parse(readFileSync(await bench.admission(), 'utf8')) as { aboveConfigMap: object };
    console.log('\nadmission above a ConfigMap of the same size, p50:');
    console.table(aboveConfigMap);
  } finally {
    await bench.stop();
  }
}
