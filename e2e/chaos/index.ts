import { strict as assert } from 'node:assert';
import { hasNodeDisk } from '@quickvirt/cluster';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { runPart, type CaseResult } from '../src/case-result.ts';
import { prepareCluster, type WantedCluster } from '../src/cluster.ts';
import { Kubectl } from '../src/kubectl.ts';
import { collectEvidence } from '../src/evidence.ts';
import type { ChaosWorld, Reach } from './fault.ts';
import { FAULTS } from './faults.ts';
import { duplicates } from './guest-samples.ts';
import { allReady } from './our-pods.ts';
import { Sampler } from './sampler.ts';
import { SteadyGuest } from './steady-guest.ts';

/** How much goes wrong. */
export interface ChaosOptions extends WantedCluster {
  /** Random kills of our pods. */
  kills: number;
  /** How long virt-handler is cut from the API server. */
  cutMs: number;
  /** Machines created, stopped and deleted while leaders die. */
  machines: number;
  /** The same seed draws the same pods and pauses. */
  seed: number;
  /** Only the parts whose title has one of these in it; all when empty. */
  only: readonly string[];
  /** Folder for what a failure leaves behind. */
  out: string;
}

const NAMESPACE = 'e2e-chaos';

/**
 * Makes things go wrong around a running guest, one after the other, on the cluster of KUBECONFIG or on the local one.
 * After each: the guest has run on and its status is right within a minute. A sampler on every node proves that no
 * machine had two QEMUs at any moment. Every part is tried, whatever came of the others.
 */
export async function runChaos(options: ChaosOptions): Promise<CaseResult[]> {
  const cluster = await prepareCluster(options);
  const system = new Kubectl(cluster.kubectlPath, cluster.system);
  const guests = new Kubectl(cluster.kubectlPath, NAMESPACE);
  const sampler = new Sampler(system);
  const steady = new SteadyGuest(guests, cluster.kubeconfigPath);
  const results: CaseResult[] = [];
  const part = async (name: string, work: () => Promise<void>): Promise<boolean> => {
    const result = await runPart(`chaos: ${name}`, work);
    results.push(result);
    return result.passed;
  };
  console.log(`  chaos: seed ${options.seed}, ${options.kills} random kills, a cut of ${options.cutMs / 1000} s`);
  try {
    const started = await part('a guest runs, watched by a sampler on every node', async () => {
      await guests.run(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--timeout=120s'], {
        timeoutMs: 130_000,
      });
      await guests.run(['create', 'namespace', NAMESPACE]);
      await sampler.start();
      await steady.start(cluster.guestImage);
    });
    if (!started) return results;
    const world = await worldOf(system, guests, steady, options);
    const isWanted = (title: string): boolean =>
      options.only.length === 0 || options.only.some((words) => title.includes(words));
    for (const { title, needs, strike } of FAULTS) {
      if (!isWanted(title)) continue;
      if (needs && !world.reach.has(needs)) {
        console.log(`  chaos: ${title} ... left out: ${WITHOUT[needs]}`);
        continue;
      }
      await part(title, async () => {
        await strike(world);
        await steady.statusIsRight();
        await allReady(system);
        await steady.ranOn();
      });
    }
    await part('no machine ever had two QEMUs', async () => {
      const samples = await sampler.samples();
      assert.ok(
        samples.some(({ guests: seen }) => seen.length > 0),
        'the samplers saw no guest at all',
      );
      assert.deepEqual(duplicates(samples), []);
    });
    return results;
  } finally {
    if (results.some(({ passed }) => !passed)) await evidence(options.out, cluster, guests);
    await sampler.stop().catch(() => undefined);
    // To its end: whoever takes the cluster next counts the machines on it.
    await guests.try(['delete', 'namespace', NAMESPACE, '--timeout=120s'], { timeoutMs: 130_000 });
  }
}

/** Why a fault is left out. */
const WITHOUT: Readonly<Record<Reach, string>> = {
  nodes: 'the nodes of this cluster are not containers of this machine',
  'node disks': 'the nodes of this cluster have no disks of their own (cluster up --node-disk-size)',
};

async function worldOf(
  system: Kubectl,
  guests: Kubectl,
  steady: SteadyGuest,
  options: ChaosOptions,
): Promise<ChaosWorld> {
  const nodeName = 'jsonpath={.items[0].metadata.name}';
  const controlPlane = ['get', 'nodes', '-l', 'node-role.kubernetes.io/control-plane', '-o', nodeName];
  const { stdout: controlPlaneNode } = await system.try(controlPlane);
  const guestNode = await guests.run(['get', 'vmi', 'steady', '-o', 'jsonpath={.status.nodeName}']);
  const isLocal = controlPlaneNode.startsWith(`${options.name}-`);
  const reach: Reach[] = isLocal ? ['nodes', ...((await hasNodeDisk(guestNode)) ? ['node disks' as const] : [])] : [];
  const random = xoroshiro128plus(options.seed);
  return {
    system,
    guests,
    steady,
    guestNode,
    controlPlaneNode: isLocal ? controlPlaneNode : undefined,
    reach: new Set(reach),
    cutMs: options.cutMs,
    kills: options.kills,
    machines: options.machines,
    draw: (bound) => uniformInt(random, 0, Math.max(0, bound - 1)),
  };
}

async function evidence(
  out: string,
  cluster: Awaited<ReturnType<typeof prepareCluster>>,
  kubectl: Kubectl,
): Promise<void> {
  const { kubeconfigPath: kubeconfig, system } = cluster;
  const folder = await collectEvidence(out, { kubectl, kubeconfig, namespace: NAMESPACE, system, variables: {} });
  console.log(`  chaos: evidence: ${folder}`);
}
