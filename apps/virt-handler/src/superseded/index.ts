import { virtualMachineInstances, type VirtualMachineInstance } from '@quickvirt/api';
import {
  controller,
  isNotFound,
  type ApiClient,
  type Controller,
  type ControllerOptions,
  type Informer,
  type ObjectName,
} from '@quickvirt/kube';
import type { DomainState } from '@quickvirt/rpc';
import type { Logger } from '@quickvirt/telemetry';
import type { LauncherDialer, LauncherLine } from '../launchers/launcher-dialer.ts';
import { podOnNode } from '../vmi/observe.ts';
import { decideSuperseded, type SupersededEffect, type SupersededObserved } from './decide.ts';

/** What is worked with to find superseded guests. */
export interface SupersededPorts {
  readonly client: ApiClient;
  readonly nodeName: string;
  readonly vmis: Informer<VirtualMachineInstance>;
  readonly dialer: LauncherDialer;
  /** Uids of the pods of this node that have a launcher's socket. */
  readonly launcherPods: () => Promise<string[]>;
  readonly logger: Logger;
}

/** So long a launcher may take to tell its state, or to end its guest. */
const CALL_TIMEOUT_MS = 5_000;
/** So long the guests of this node wait at most for the search at the start. */
const SWEEP_TIMEOUT_MS = 15_000;

/**
 * Ends guests of this node that the cluster has given up: a node that was cut off or stood still comes back with them.
 * Watches instances that end or leave; `sweep` looks at all launchers, before anything else is done for guests.
 */
export function supersededGuests(
  ports: SupersededPorts,
  options: ControllerOptions,
): { controller: Controller; sweep: (signal: AbortSignal) => Promise<void> } {
  const { nodeName, vmis, logger } = ports;
  const reconciler = {
    name: 'superseded-guests',
    observe: (podUid: string) => observe(podUid, ports),
    decide: decideSuperseded,
  };
  const run = (effect: SupersededEffect) => destroyDomain(effect, ports);
  // Keys are uids of pods: a guest is its pod's.
  const made = controller('superseded-guests', options).reconciles(reconciler, run);
  vmis.subscribe((change) => {
    const before = change.type === 'deleted' ? change.object : change.previous;
    const after = change.type === 'deleted' ? undefined : change.object;
    const podUid = before && podOnNode(before, nodeName);
    if (podUid === undefined) return;
    const failed = after?.status?.phase === 'Failed' && before?.status?.phase !== 'Failed';
    if (!after || failed || podOnNode(after, nodeName) !== podUid) made.enqueue(podUid);
  });
  const look = async (podUid: string): Promise<void> => {
    try {
      const observed = await reconciler.observe(podUid);
      for (const effect of observed ? decideSuperseded(observed).effects : []) await run(effect);
    } catch (error) {
      logger.warn('a launcher could not be looked at: tried again', { podUid, error });
      made.enqueue(podUid);
    }
  };
  const sweep = async (signal: AbortSignal): Promise<void> => {
    const ours = new Set(
      vmis.store
        .list()
        .filter(isNotFinal)
        .map((vmi) => podOnNode(vmi, nodeName)),
    );
    const strangers = (await ports.launcherPods()).filter((podUid) => !ours.has(podUid));
    const until = AbortSignal.any([signal, AbortSignal.timeout(SWEEP_TIMEOUT_MS)]);
    await Promise.race([Promise.all(strangers.map(look)), aborted(until)]);
  };
  return { controller: made, sweep };
}

function isNotFinal({ status }: VirtualMachineInstance): boolean {
  return status?.phase !== 'Failed' && status?.phase !== 'Succeeded';
}

/** Undefined when no launcher listens there: its guest has ended, or was never started. */
async function observe(podUid: string, ports: SupersededPorts): Promise<SupersededObserved | undefined> {
  await using line = await lineTo(podUid, ports);
  const state = line && (await firstState(line));
  if (!state) return undefined;
  const ref = instanceOf(state);
  // A launcher that names no domain has none; one that lies about it ends its own guest at worst.
  if (!ref) return undefined;
  return { podUid, domainPhase: state.phase, vmi: await find(ref, ports.client) };
}

async function lineTo(podUid: string, { dialer }: SupersededPorts): Promise<LauncherLine | undefined> {
  return dialer.redial(podUid).catch(() => undefined);
}

async function firstState({ client }: LauncherLine): Promise<DomainState | undefined> {
  for await (const { state } of client.watchState({}, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) })) {
    if (state) return state;
  }
  return undefined;
}

/** The domain's name is `NAMESPACE_NAME`; neither part may have an underscore (RFC 1123). */
function instanceOf({ domainXml }: DomainState): ObjectName | undefined {
  const [, namespace, name] = /<name>([a-z0-9-]+)_([a-z0-9.-]+)<\/name>/.exec(domainXml) ?? [];
  return namespace && name ? { namespace, name } : undefined;
}

/** Asked anew: a cache may be older than the guest. */
async function find(ref: ObjectName, client: ApiClient): Promise<VirtualMachineInstance | undefined> {
  try {
    return await client.get(virtualMachineInstances, ref);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function destroyDomain({ podUid, why }: SupersededEffect, ports: SupersededPorts): Promise<void> {
  ports.logger.warn('a guest is ended because the cluster has given it up', { podUid, why });
  await using line = await lineTo(podUid, ports);
  await line?.client.destroyDomain({}, { timeoutMs: CALL_TIMEOUT_MS });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
