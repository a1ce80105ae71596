import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { controlPlaneBinaries } from '@quickvirt/cluster';
import { lastLines } from '@quickvirt/testing';
import { startPretendedCluster, type PretendedCluster } from './control-plane.ts';
import { withoutGuestNetworks } from './guestless-network.ts';
import { startMetricsFront } from './metrics-front.ts';
import { heapSamples, idleWrites, observationsTable, writesWhileRunning, type Observations } from './observations.ts';
import { installRelease, startProduct, type Product } from './product.ts';

/** The neutral harness, which is kept beside this repository and runs on other products too. */
const HARNESS = fileURLToPath(new URL('../../../shared/bench/', import.meta.url));

/** One run of machines at a fixed rate. */
export interface DensityRun {
  kind: 'vm' | 'vmi';
  count: number;
  intervalMs: number;
}

/** What runs are made on: one control plane and one KWOK for all; the product is started anew before each. */
export interface Bench {
  density(run: DensityRun): Promise<string>;
  admission(): Promise<string>;
  /** Markdown tables, a column a run. */
  tables(resultPaths: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** `vm:500:100` is 500 VMs, one every 100 ms. @throws Error that says what a run looks like */
export function densityRun(text: string): DensityRun {
  const [, kind, count, intervalMs] = /^(vmi?):(\d+):(\d+)$/.exec(text) ?? [];
  if (!kind) throw new Error(`${JSON.stringify(text)} is no run: write KIND:COUNT:INTERVAL_MS, for example vm:500:100`);
  return { kind: kind as 'vm' | 'vmi', count: Number(count), intervalMs: Number(intervalMs) };
}

/**
 * Brings the control plane up with as many nodes as the runs' machines need (500 pods each, at least 50 as the
 * baseline's had).
 * @throws Error when the neutral harness is not there
 */
export async function startBench(mostMachines: number): Promise<Bench> {
  if (!existsSync(`${HARNESS}density.mjs`)) {
    throw new Error(`the neutral harness is missing: it belongs into shared/bench beside this repository`);
  }
  const { kubectl } = await controlPlaneBinaries();
  const results = mkdtempSync(join(tmpdir(), 'quickvirt-bench-'));
  console.log('starting a control plane with pretended nodes');
  const cluster = await startPretendedCluster(Math.max(50, Math.ceil(mostMachines / 250)));
  const env = { ...process.env, KUBECONFIG: cluster.apiserver.kubeconfigPath, KUBECTL: kubectl };
  let runs = 0;
  const observations = new Map<string, Observations>();
  const stop = async (): Promise<void> => {
    await cluster.stop();
    rmSync(results, { recursive: true, force: true });
  };
  try {
    const { virtApiPort } = await installRelease(cluster);
    await cluster.apply(withoutGuestNetworks());
    await cluster.startKwok();
    const freshProduct = async <Result>(work: (product: Product) => Promise<Result>): Promise<Result> => {
      const product = await startProduct(cluster, { virtApiPort });
      try {
        return await work(product);
      } catch (error) {
        const logs = ['virt-controller', 'virt-api'].map(
          (app) => `${app}:\n${lastLines(join(product.folder, `${app}.log`))}`,
        );
        throw new Error([String(error), ...logs].join('\n'), { cause: error });
      } finally {
        await product.stop();
      }
    };
    const harnessRun = async (
      run: DensityRun,
      product: Product,
      metrics: string,
      onProgress?: (line: string) => void,
    ): Promise<string> => {
      const out = join(results, `${(runs += 1)}.json`);
      const rate = ['--kind', run.kind, '--count', `${run.count}`, '--interval-ms', `${run.intervalMs}`];
      const patience = ['--timeout-s', `${Math.max(900, run.count / 2)}`];
      const read = ['--audit-log', cluster.auditLogPath, '--metrics', `controller=${metrics}`];
      const args = [...rate, ...patience, ...read, '--out', out, ...processArguments(cluster, product)];
      await harness('density.mjs', args, env, onProgress);
      return out;
    };
    const density = async (run: DensityRun, product: Product, metrics: string): Promise<string> => {
      const heap = heapSamples(product);
      const out = await harnessRun(run, product, metrics, (line) => heap.take(line));
      observations.set(out, {
        ...(await heap.taken()),
        writesWhileRunning: writesWhileRunning(out),
        writesAfterwards: await idleWrites(cluster.auditLogPath),
        restarts: product.restarts,
        count: run.count,
      });
      return out;
    };
    return {
      density: (run) =>
        freshProduct(async (product) => {
          const front = await startMetricsFront(
            product.controllerMetricsPort,
            await cluster.apiserver.authority.issue({ commonName: 'metrics', ipAddresses: ['127.0.0.1'] }),
          );
          try {
            await harnessRun({ ...run, count: 10, intervalMs: 100 }, product, front.url); // warms every cache
            return await density(run, product, front.url);
          } finally {
            front.stop();
          }
        }),
      admission: () =>
        freshProduct(async (product) => {
          const out = join(results, 'admission.json');
          await harness('admission.mjs', ['--out', out, ...processArguments(cluster, product)], env);
          return out;
        }),
      tables: async (paths) =>
        (await harness('table.mjs', paths, env)) +
        observationsTable(paths.map((path) => observations.get(path)).filter((one) => one !== undefined)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Whose CPU and memory the harness reads. */
function processArguments(cluster: PretendedCluster, product: Product): string[] {
  const { 'virt-api': api, 'virt-controller': controller } = product.processIds;
  const { kubeApiserver: apiserver = 0, ...others } = cluster.processIds;
  return Object.entries({ controller, api, apiserver, ...others }).flatMap(([name, pid]) => [
    '--proc',
    `${name}=${pid}`,
  ]);
}

/**
 * Runs a program of the harness; its progress is shown, its output returned.
 * @param onProgress gets each line of progress
 * @throws Error when it says it failed
 */
function harness(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onProgress?: (line: string) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`${HARNESS}${program}`, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    createInterface({ input: child.stderr }).on('line', (line) => {
      console.error(line);
      onProgress?.(line);
    });
    child.once('error', reject).once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${program} ended with ${code}: ${output.slice(-2000)}`));
    });
  });
}
