/**
 * Many machines on pretended nodes: KWOK plays kubelet and virt-handler, all else is real (etcd, kube-apiserver,
 * scheduler, controller manager, virt-api and virt-controller as their images hold them). The neutral harness of
 * shared/bench beside this repository creates, watches and deletes. Environment: BENCH_RUNS, space-separated
 * KIND:COUNT:INTERVAL_MS; by default 100, 500 and 2,000 VMs; `vm:8000:100` is the largest of the design.
 */
import { densityRun, startBench } from '../pretended-cluster/harness.ts';

/** Prints one column a run. */
export async function run(): Promise<void> {
  const runs = (process.env['BENCH_RUNS'] ?? 'vm:100:500 vm:500:100 vm:2000:100').split(/\s+/).map(densityRun);
  const bench = await startBench(Math.max(...runs.map(({ count }) => count)));
  try {
    const results: string[] = [];
    for (const one of runs) {
      console.log(`${one.count} ${one.kind}, one every ${one.intervalMs} ms`);
      results.push(await bench.density(one));
      console.log(await bench.tables(results.slice(-1)));
    }
    if (results.length > 1) console.log(await bench.tables(results));
  } finally {
    await bench.stop();
  }
}
