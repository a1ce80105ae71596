import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { runPart, type CaseResult } from '../src/case-result.ts';
import { prepareCluster, type WantedCluster } from '../src/cluster.ts';
import { collectEvidence } from '../src/evidence.ts';
import { Kubectl } from '../src/kubectl.ts';
import { inNode } from '../src/local-node.ts';
import { FencedMachine, type MachineView } from './fenced-machine.ts';
import { FencingAgent } from './fencing-agent.ts';
import { Strikes } from './strikes.ts';

export interface FencingOptions extends WantedCluster {
  /** Folder for what a failure leaves behind. */
  out: string;
}

const NAMESPACE = 'e2e-fencing';
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
const OUT_OF_SERVICE_TAINT = `${OUT_OF_SERVICE}=nodeshutdown:NoExecute`;
/** The node controller calls a node NotReady after 50 s, and virt-handler's Lease lasts 90 s. */
const SILENCE_MS = 200_000;
/** A proof that a node is off brings the machine back within this time. */
const AFTER_PROOF_MS = 60_000;
/** Long enough for a second copy to be made, if anything made one. */
const NO_SECOND_COPY_MS = 15_000;

/** The machine, what is done to its node, and who may say that a node is off. */
class FencingRun {
  readonly guests: Kubectl;
  readonly machine: FencedMachine;
  readonly strikes: Strikes;
  readonly agent: FencingAgent;
  /** The machine as it was when it ran last. */
  now: MachineView = { uid: '', nodeName: '', printableStatus: '', readyReason: '' };

  constructor(guests: Kubectl, system: Kubectl) {
    this.guests = guests;
    this.machine = new FencedMachine(guests);
    this.strikes = new Strikes(system);
    this.agent = new FencingAgent(guests);
  }

  /** The machine's node is proved off: the machine runs on the other one in time. Returns what it was before. */
  async moves(prove: (nodeName: string) => Promise<void>): Promise<MachineView> {
    const first = this.now;
    await prove(first.nodeName);
    const provedAtMs = performance.now();
    this.now = await this.machine.until((view) => isRunning(view) && view.uid !== first.uid, AFTER_PROOF_MS);
    took('ran elsewhere', provedAtMs);
    assert.notEqual(this.now.nodeName, first.nodeName);
    return first;
  }

  /** The node that the machine left comes back: it ends the guest that it still has, and the machine runs on. */
  async comesBack({ nodeName }: MachineView): Promise<void> {
    const resumedAtMs = performance.now();
    await this.strikes.resume(nodeName);
    await noGuestOn(nodeName);
    took('the node that came back had no guest', resumedAtMs);
    await this.strikes.nodeReady(nodeName);
    assert.equal((await this.machine.view()).uid, this.now.uid);
  }
}

/** In this order: each begins where the one before left the machine. */
const PARTS: readonly (readonly [title: string, work: (run: FencingRun) => Promise<void>])[] = [
  [
    'a machine runs on one of two nodes',
    async (run) => {
      await run.strikes.spread();
      run.now = await run.machine.start();
    },
  ],
  [
    'its node stands still: unknown, not started again; it is back with its node',
    async ({ machine, strikes, now }) => {
      await strikes.pause(now.nodeName);
      const lost = await machine.until(isUnresponsive, SILENCE_MS);
      assert.equal(lost.uid, now.uid);
      await strikes.resume(now.nodeName);
      const back = await machine.until(isRunning, AFTER_PROOF_MS);
      assert.equal(back.uid, now.uid, 'the guest was started anew');
    },
  ],
  [
    'its node stands still, its pod is removed by force: still no second copy',
    async ({ guests, machine, strikes, now }) => {
      await strikes.pause(now.nodeName);
      await machine.until(isUnresponsive, SILENCE_MS);
      await guests.run(['delete', 'pod', '--all', '--force', '--grace-period=0']);
      await sleep(NO_SECOND_COPY_MS); // what must not happen has no event
      assert.equal((await machine.view()).uid, now.uid);
      assert.equal((await guests.run(['get', 'pod', '-o', 'name'])).trim(), '');
    },
  ],
  [
    'the taint out-of-service proves it off: the machine runs on the other node in a minute',
    async (run) => {
      const first = await run.moves((nodeName) => run.strikes.taint(nodeName, OUT_OF_SERVICE_TAINT));
      await run.comesBack(first);
      await run.strikes.taint(first.nodeName, `${OUT_OF_SERVICE}-`);
    },
  ],
  [
    'a fencing agent, and nobody else, says that a node is off: the same, as soon as the node is NotReady',
    async (run) => {
      const { agent, strikes, now } = run;
      await strikes.spread();
      await strikes.pause(now.nodeName);
      await agent.mayNot(now.nodeName);
      await agent.appoint();
      await agent.saysOff(now.nodeName); // before anybody else has noticed
      await run.comesBack(await run.moves((nodeName) => strikes.nodeLost(nodeName)));
    },
  ],
  [
    'its node dies and its Node object is deleted: the machine runs elsewhere in a minute',
    async (run) => {
      const { strikes, now } = run;
      await strikes.spread();
      await strikes.kill(now.nodeName);
      await strikes.nodeLost(now.nodeName);
      await run.moves((nodeName) => strikes.delete(nodeName));
    },
  ],
];

/**
 * Nodes stand still, come back and die under a machine that is to run always: on the local cluster, whose nodes are
 * containers. Never is there a second copy of a guest that may run; once its node is proved off it runs elsewhere within
 * a minute. The cluster has a node less afterwards: take it down.
 * @returns the parts that ran; the first that does not pass is the last, because the next ones build on it.
 */
export async function runFencing(options: FencingOptions): Promise<CaseResult[]> {
  assert.ok(options.nodes >= 2, 'fencing needs two worker nodes: --nodes 2');
  const { kubectlPath, kubeconfigPath: kubeconfig, system } = await prepareCluster(options);
  const guests = new Kubectl(kubectlPath, NAMESPACE);
  const run = new FencingRun(guests, new Kubectl(kubectlPath, system));
  const results: CaseResult[] = [];
  try {
    await guests.run(['create', 'namespace', NAMESPACE]);
    for (const [title, work] of PARTS) {
      const result = await runPart(`fencing: ${title}`, () => work(run));
      results.push(result);
      if (result.passed) continue;
      const context = { kubectl: guests, kubeconfig, namespace: NAMESPACE, system, variables: {} };
      console.log(`  fencing: evidence: ${await collectEvidence(options.out, context)}`);
      break;
    }
    return results;
  } finally {
    await run.strikes.mend();
    await run.agent.dismiss();
    await guests.try(['delete', 'namespace', NAMESPACE, '--wait=false']);
  }
}

const isRunning = ({ printableStatus }: MachineView): boolean => printableStatus === 'Running';
const isUnresponsive = ({ printableStatus, readyReason }: MachineView): boolean =>
  printableStatus === 'Unknown' && readyReason === 'NodeUnresponsive';

/** Tells how long something took, beside the result of its part. */
function took(what: string, sinceMs: number): void {
  process.stdout.write(`${what} after ${((performance.now() - sinceMs) / 1000).toFixed(1)} s ... `);
}

/** The node has ended the guest that it came back with. Its containers are asked, not the API: they may differ. */
async function noGuestOn(nodeName: string): Promise<void> {
  const waits = `for i in $(seq 60); do pgrep -f 'qemu-syste[m].*guest=${NAMESPACE}_' >/dev/null || exit 0; sleep 1; done; exit 1`;
  await inNode(nodeName, waits).catch((cause: unknown) => {
    throw new Error(`the guest still runs on ${nodeName} a minute after the node came back`, { cause });
  });
}
