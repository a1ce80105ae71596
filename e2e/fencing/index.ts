import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { runEngine } from '../../cluster/src/engine.ts';
import { runPart, type CaseResult } from '../src/case-result.ts';
import { prepareCluster } from '../src/cluster.ts';
import { collectEvidence } from '../src/evidence.ts';
import { Kubectl } from '../src/kubectl.ts';
import { FencedMachine, type MachineView } from './fenced-machine.ts';

export interface FencingOptions {
  name: string;
  nodes: number;
  yes: boolean;
  skipImages: boolean;
  /** Folder for what a failure leaves behind. */
  out: string;
}

const NAMESPACE = 'e2e-fencing';
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
/** The node controller calls a node NotReady after 50 s, and virt-handler's Lease lasts 90 s. */
const SILENCE_MS = 200_000;
/** A proof that a node is off brings the machine back within this time. */
const AFTER_PROOF_MS = 60_000;
/** Long enough for a second copy to be made, if anything made one. */
const NO_SECOND_COPY_MS = 15_000;

/**
 * Nodes stand still, come back and die under a machine that is to run always: on the local cluster, whose nodes are
 * containers. Never is there a second copy of a guest that may run; once its node is proved off it runs elsewhere within
 * a minute. The cluster has a node less afterwards: take it down.
 */
export async function runFencing(options: FencingOptions): Promise<CaseResult[]> {
  assert.ok(options.nodes >= 2, 'fencing needs two worker nodes: --nodes 2');
  const cluster = await prepareCluster(options);
  const system = new Kubectl(cluster.kubectlPath, cluster.system);
  const guests = new Kubectl(cluster.kubectlPath, NAMESPACE);
  const machine = new FencedMachine(guests);
  const results: CaseResult[] = [];
  const part = async (name: string, work: () => Promise<void>): Promise<boolean> => {
    const result = await runPart(`fencing: ${name}`, work);
    results.push(result);
    return result.passed;
  };
  const strikes = new Strikes(system);
  try {
    await guests.run(['create', 'namespace', NAMESPACE]);
    let now!: MachineView;
    const started = await part('a machine runs on one of two nodes', async () => {
      now = await machine.start();
    });
    if (!started) return results;
    await part('its node stands still: unknown, not started again; it is back with its node', async () => {
      await strikes.pause(now.nodeName);
      const lost = await machine.until(isUnresponsive, SILENCE_MS);
      assert.equal(lost.uid, now.uid);
      await strikes.resume(now.nodeName);
      const back = await machine.until(isRunning, AFTER_PROOF_MS);
      assert.equal(back.uid, now.uid, 'the guest was started anew');
    });
    await part('its node stands still, its pod is removed by force: still no second copy', async () => {
      await strikes.pause(now.nodeName);
      await machine.until(isUnresponsive, SILENCE_MS);
      await guests.run(['delete', 'pod', '--all', '--force', '--grace-period=0']);
      await sleep(NO_SECOND_COPY_MS); // what must not happen has no event
      assert.deepEqual(await machine.view(), { ...(await machine.view()), uid: now.uid });
      assert.equal((await guests.run(['get', 'pod', '-o', 'name'])).trim(), '');
    });
    await part(
      'the taint out-of-service proves it off: the machine runs on the other node within a minute',
      async () => {
        const first = now;
        await guests.run(['taint', 'node', first.nodeName, `${OUT_OF_SERVICE}=nodeshutdown:NoExecute`]);
        now = await machine.until((view) => isRunning(view) && view.uid !== first.uid, AFTER_PROOF_MS);
        assert.notEqual(now.nodeName, first.nodeName);
        await strikes.resume(first.nodeName);
        await guests.run(['taint', 'node', first.nodeName, `${OUT_OF_SERVICE}-`]);
        await noGuestOn(first.nodeName);
        assert.equal((await machine.view()).uid, now.uid);
      },
    );
    await part('its node dies and its Node object is deleted: the machine runs elsewhere within a minute', async () => {
      await strikes.nodeReady(otherThan(now.nodeName, await strikes.workers()));
      const first = now;
      await strikes.kill(first.nodeName);
      await machine.until(isUnresponsive, SILENCE_MS);
      await guests.run(['delete', 'node', first.nodeName]);
      now = await machine.until((view) => isRunning(view) && view.uid !== first.uid, AFTER_PROOF_MS);
      assert.notEqual(now.nodeName, first.nodeName);
    });
    return results;
  } finally {
    if (results.some(({ passed }) => !passed)) {
      const context = {
        kubectl: guests,
        kubeconfig: cluster.kubeconfigPath,
        namespace: NAMESPACE,
        system: cluster.system,
      };
      console.log(`  fencing: evidence: ${await collectEvidence(options.out, { ...context, variables: {} })}`);
    }
    await strikes.mend();
    await guests.try(['delete', 'namespace', NAMESPACE, '--wait=false']);
  }
}

const isRunning = ({ printableStatus }: MachineView): boolean => printableStatus === 'Running';
const isUnresponsive = ({ printableStatus, readyReason }: MachineView): boolean =>
  printableStatus === 'Unknown' && readyReason === 'NodeUnresponsive';

function otherThan(nodeName: string, nodes: readonly string[]): string {
  const other = nodes.find((name) => name !== nodeName);
  assert.ok(other, `there is no worker but ${nodeName}`);
  return other;
}

/** The node has ended the guest that it came back with. Its containers are asked, not the API: they may differ. */
async function noGuestOn(nodeName: string): Promise<void> {
  const waits = `for i in $(seq 60); do pgrep -f 'qemu-syste[m].*guest=${NAMESPACE}_' >/dev/null || exit 0; sleep 1; done; exit 1`;
  await runEngine(['exec', nodeName, 'sh', '-c', waits]).catch((cause: unknown) => {
    throw new Error(`the guest still runs on ${nodeName} a minute after the node came back`, { cause });
  });
}

/** What is done to nodes, and mended in the end. */
class Strikes {
  readonly #system: Kubectl;
  readonly #paused = new Set<string>();

  constructor(system: Kubectl) {
    this.#system = system;
  }

  async workers(): Promise<string[]> {
    const selector = '!node-role.kubernetes.io/control-plane';
    return (await this.#system.run(['get', 'node', '-l', selector, '-o', 'jsonpath={.items[*].metadata.name}'])).split(
      ' ',
    );
  }

  async pause(nodeName: string): Promise<void> {
    this.#paused.add(nodeName);
    await runEngine(['pause', nodeName]);
  }

  async resume(nodeName: string): Promise<void> {
    await runEngine(['unpause', nodeName]);
    this.#paused.delete(nodeName);
  }

  async kill(nodeName: string): Promise<void> {
    await runEngine(['kill', nodeName]);
  }

  /** Waits until guests may be placed on the node again. */
  async nodeReady(nodeName: string): Promise<void> {
    await this.#system.run(['wait', '--for=condition=Ready', `node/${nodeName}`, '--timeout=120s'], {
      timeoutMs: 130_000,
    });
  }

  /** A node that was killed stays away: its container does not find its way back into the network. */
  async mend(): Promise<void> {
    for (const nodeName of this.#paused) await runEngine(['unpause', nodeName]).catch(() => undefined);
  }
}
