import { kubevirts } from '@quickvirt/api';
import { Informer, isConflict, type KubeClient, type KubeObject } from '@quickvirt/kube';
import type { Logger } from '@quickvirt/telemetry';
import { Refused } from './refused.ts';
import { namesOf, nextStep, WORKLOAD_KINDS, workloadPolicy, type Workload, type WorkloadPolicy } from './workloads.ts';

/** How the pre-delete hook was told to run. */
export interface PreDeleteOptions {
  /** The chart's value `uninstall.workloads`; `spec.uninstallStrategy` of the KubeVirt object goes before it. */
  readonly workloads: WorkloadPolicy;
  /** Namespace of the release. */
  readonly namespace: string;
  /** How long guests may take to stop; Helm waits 300 s for a hook unless it is told otherwise. */
  readonly timeoutMs: number;
}

/**
 * Runs before a release is uninstalled: refuses while virtual machines exist, or deletes them and waits until their
 * guests are off. virt-controller and virt-handler still run and do the stopping.
 * @throws Refused with what keeps the release, and what to do.
 */
export async function preDelete(client: KubeClient, options: PreDeleteOptions, logger: Logger): Promise<void> {
  const { namespace } = options;
  const { items } = await client.list(kubevirts, { namespace });
  const policy = workloadPolicy(
    options.workloads,
    items.map(({ spec }) => spec.uninstallStrategy),
  );
  const stop = new AbortController();
  const informers = WORKLOAD_KINDS.map((type) => new Informer(client, type, { logger, trim: metadataOnly }));
  const running = informers.map((informer) => informer.run(stop.signal));
  const timer = setTimeout(() => stop.abort(), options.timeoutMs);
  try {
    await emptyCluster(client, { informers, policy, ...options, signal: stop.signal, logger });
  } finally {
    clearTimeout(timer);
    stop.abort();
    await Promise.all(running);
  }
}

interface Emptying extends PreDeleteOptions {
  readonly informers: readonly Informer<KubeObject>[];
  readonly policy: WorkloadPolicy;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

async function emptyCluster(client: KubeClient, emptying: Emptying): Promise<void> {
  const { informers, policy, signal, logger, namespace, timeoutMs } = emptying;
  let wake = (): void => undefined;
  for (const informer of informers) informer.subscribe(() => wake());
  const timeUp = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  void timeUp.then(() => wake());
  await Promise.race([Promise.all(informers.map((informer) => informer.synced())), timeUp]);
  if (!informers.every(({ isSynced }) => isSynced)) {
    throw new Refused(`cannot list the virtual machines within ${timeoutMs / 1000} s; see the log above for the cause`);
  }
  const asked = new Set<string>();
  for (;;) {
    const changed = new Promise<void>((resolve) => (wake = resolve));
    const workloads = informers.flatMap((informer) => workloadsOf(informer, asked));
    const step = nextStep(workloads, policy, namespace);
    if (step.type === 'proceed') return;
    if (step.type === 'refuse') throw new Refused(step.message);
    if (signal.aborted) throw new Refused(stillThere(workloads, timeoutMs));
    if (step.type === 'remove') {
      logger.info(`deletes ${step.workloads.length} objects: ${namesOf(step.workloads)}`);
      for (const workload of step.workloads) {
        asked.add(workload.uid);
        await remove(client, workload);
      }
      continue;
    }
    await changed;
  }
}

/** An object of the same name made since has another uid (409): the watch tells of it. */
async function remove(client: KubeClient, { type, namespace, name, uid }: Workload): Promise<void> {
  try {
    await client.delete(type, { name, namespace }, { uid, propagationPolicy: 'Background' });
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
}

function workloadsOf({ type, store }: Informer<KubeObject>, asked: ReadonlySet<string>): Workload[] {
  return store.list().map(({ metadata: { name = '', namespace = '', uid = '', deletionTimestamp } }) => ({
    type,
    namespace,
    name,
    uid,
    deleting: deletionTimestamp !== undefined || asked.has(uid),
  }));
}

/** Names and times are all that is asked for. */
function metadataOnly({ metadata }: KubeObject): KubeObject {
  return { metadata };
}

function stillThere(workloads: readonly Workload[], timeoutMs: number): string {
  return (
    `QuickVirt is not uninstalled: ${workloads.length} objects are still being deleted after ${timeoutMs / 1000} s: ` +
    `${namesOf(workloads)}. A guest may take as long as its terminationGracePeriodSeconds to shut down. Uninstall again ` +
    'to wait on; if nothing moves, look at the conditions of the virtual machines and at virt-handler on their nodes.'
  );
}
