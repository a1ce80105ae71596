import { reasons, vmiConditions, type VirtualMachineInstance } from '@quickvirt/api';
import type { DomainConfig } from '@quickvirt/config';
import { findCondition, type Decision, type RecordedEvent } from '@quickvirt/kube';
import type { LauncherView, SyncOutcome } from '../launchers/launcher-connection.ts';
import type { VmiEffect } from './effects.ts';
import { guestStarted, syncFailed } from './events.ts';
import { launcherGoneStatus, runningStatus, says, unsynchronizedStatus, type DomainDisk } from './status.ts';

/** All that a decision about an instance on this node depends on. */
export interface VmiObserved {
  vmi: VirtualMachineInstance;
  /** The instance's pod on this node, of `status.activePods`. */
  podUid: string | undefined;
  config: DomainConfig;
  /** Changes with every change of `config`. */
  configRevision: string;
  /** The connection to a launcher of this instance. */
  launcher: ObservedLauncher | undefined;
  /** Of a pod whose end this node is asked for: whether processes of it may be left. Undefined until it is looked at. */
  podEnd?: 'awaited' | 'ended' | undefined;
  /** Why a guest that runs has other devices than asked for. */
  deviceProblem?: { reason: string; message: string };
}

export interface ObservedLauncher {
  podUid: string;
  /** Since when this process follows it. */
  openedAt: Date;
  view: LauncherView;
  syncOutcome: SyncOutcome | undefined;
  /** Disks of the domain that `view` tells of. */
  disks: readonly DomainDisk[];
  /** Whether this process has told that the guest shuts down. */
  shutdownTold: boolean;
}

/** So long a launcher may take to open its socket, or to come back, before the instance says so. */
const SILENCE_LIMIT_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** What a launcher says goes into a status; etcd is not its store. */
const MAX_MESSAGE_CHARACTERS = 1024;

/** What virt-handler does about an instance now. Pure. */
export function decideVmi(observed: VmiObserved, now: Date): Decision<VmiEffect> {
  const { vmi, podUid, launcher } = observed;
  const phase = vmi.status?.phase;
  if (podUid === undefined || (phase !== 'Scheduled' && phase !== 'Running'))
    return { effects: launcher ? [{ type: 'disconnect' }] : [] };
  if (isPodRemoved(vmi) && !isHeard(launcher, podUid)) return aboutRemovedPod(observed, podUid, now);
  if (isNeverToStart(vmi, launcher)) return { effects: launcher ? [{ type: 'disconnect' }] : [] };
  if (launcher?.podUid !== podUid) {
    // A predecessor of this process may have lifted the limit of a guest that runs by now.
    const cpuLimit = phase === 'Scheduled' ? 'liftCpuLimit' : 'restoreCpuLimit';
    return {
      effects: [
        { type: cpuLimit, podUid },
        { type: 'connect', podUid },
      ],
    };
  }
  if (launcher.view.type === 'silent') return aboutSilence(vmi, podUid, launcher.view, now);
  const { state } = launcher.view;
  if (state.phase === 'DOMAIN_PHASE_RUNNING' || state.phase === 'DOMAIN_PHASE_PAUSED') {
    const status = runningStatus(vmi, { state, disks: launcher.disks }, now, observed.deviceProblem);
    const started = phase === 'Scheduled' ? guestStarted : [];
    const events = [...started, ...newProblem(vmi, observed.deviceProblem)];
    const limited: VmiEffect[] = phase === 'Scheduled' ? [{ type: 'restoreCpuLimit', podUid }] : [];
    return { effects: [...apply(vmi, status, events), ...limited, ...shutdown(vmi, launcher)] };
  }
  // A guest that ended is judged by virt-controller, from the exit record of its launcher.
  if (state.phase === 'DOMAIN_PHASE_UNSPECIFIED' && phase === 'Scheduled') return aboutStart(observed, launcher, now);
  return { effects: [] };
}

/**
 * virt-controller says that the pod is gone from the API server and that no kubelet told its end: the question whether the
 * guest is off, to this node.
 */
function isPodRemoved({ status }: VirtualMachineInstance): boolean {
  const ready = findCondition(status?.conditions, vmiConditions.ready);
  return ready?.status === 'False' && ready.reason === reasons.vmiReady.podNotExists;
}

function isHeard(launcher: ObservedLauncher | undefined, podUid: string): boolean {
  return launcher?.podUid === podUid && launcher.view.type === 'heard';
}

/** Its launcher is not waited for any more: who waits in its directory keeps the kubelet from clearing it away. */
function aboutRemovedPod({ vmi, launcher, podEnd }: VmiObserved, podUid: string, now: Date): Decision<VmiEffect> {
  const effects: VmiEffect[] = launcher ? [{ type: 'disconnect' }] : [];
  if (podEnd === undefined) effects.push({ type: 'awaitPodEnd', podUid });
  if (podEnd === 'ended') effects.push(...apply(vmi, launcherGoneStatus(vmi, podUid, now), []));
  return { effects };
}

/** Deleted before its launcher spoke: its pod is ending, and whoever waits in it keeps the kubelet from unmounting. */
function isNeverToStart({ metadata, status }: VirtualMachineInstance, launcher: ObservedLauncher | undefined): boolean {
  return metadata.deletionTimestamp !== undefined && status?.phase === 'Scheduled' && launcher?.view.type !== 'heard';
}

/** A short silence is normal: the launcher starts, or virt-handler just did. */
function aboutSilence(
  vmi: VirtualMachineInstance,
  podUid: string,
  { since, error }: LauncherView & { type: 'silent' },
  now: Date,
): Decision<VmiEffect> {
  const leftMs = since.getTime() + SILENCE_LIMIT_MS - now.getTime();
  if (leftMs > SILENCE_LIMIT_MS) return { effects: [], requeueAfterMs: SILENCE_LIMIT_MS };
  if (leftMs > 0) return { effects: [], requeueAfterMs: leftMs };
  const message = bounded(
    `virt-launcher has not answered for more than ${SILENCE_LIMIT_MS / 1000} s: ${error ?? 'it has not opened its socket'}`,
  );
  const shown = unsynchronized(vmi, { reason: 'LauncherNotAnswering', message }, now);
  // Not for ever: whatever keeps it silent must not have more CPU than its pod says.
  return { effects: shown.length > 0 ? [{ type: 'restoreCpuLimit', podUid }, ...shown] : [] };
}

/** No domain yet: ask for one, unless the launcher said that it cannot, or failed a moment ago. */
function aboutStart(observed: VmiObserved, launcher: ObservedLauncher, now: Date): Decision<VmiEffect> {
  const { vmi, config, configRevision } = observed;
  if (vmi.metadata.deletionTimestamp || isPodRemoved(vmi)) return { effects: [] };
  const wish = `${vmi.metadata.generation ?? 0}/${configRevision}`;
  const ask: VmiEffect = { type: 'syncDomain', vmi, config, wish };
  const outcome = launcher.syncOutcome;
  if (outcome?.wish !== wish) return { effects: [ask] };
  if (outcome.type === 'synced') return { effects: [] };
  const reason = outcome.type === 'refused' ? outcome.reason : 'SyncFailed';
  const shown = unsynchronized(vmi, { reason, message: bounded(outcome.message) }, now);
  if (outcome.type === 'refused') return { effects: shown };
  const delayMs = retryDelayMs(outcome.attempts);
  const leftMs = outcome.at.getTime() + delayMs - now.getTime();
  // A failure that lies ahead is one before the clock was set back.
  return leftMs > 0 && leftMs <= delayMs ? { effects: shown, requeueAfterMs: leftMs } : { effects: [...shown, ask] };
}

function retryDelayMs(attempts: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), MAX_RETRY_MS);
}

function unsynchronized(
  vmi: VirtualMachineInstance,
  problem: { reason: string; message: string },
  now: Date,
): VmiEffect[] {
  return apply(vmi, unsynchronizedStatus(vmi, problem, now), newProblem(vmi, problem));
}

/** The event of a problem that the instance does not tell of yet. */
function newProblem(vmi: VirtualMachineInstance, problem: { message: string } | undefined): RecordedEvent[] {
  const current = findCondition(vmi.status?.conditions, vmiConditions.synchronized);
  const told = current?.status === 'False' && current.message === problem?.message;
  return problem === undefined || told ? [] : [syncFailed(problem.message)];
}

/** The status write, if one is due, and then the events of the transition: a refused write must not tell of it. */
function apply(
  vmi: VirtualMachineInstance,
  status: NonNullable<VirtualMachineInstance['status']>,
  events: readonly RecordedEvent[],
): VmiEffect[] {
  if (says(vmi, status)) return [];
  return [{ type: 'applyStatus', vmi, status }, ...events.map((event): VmiEffect => ({ type: 'event', vmi, event }))];
}

/** Told once: by the process that already followed the guest when its deletion came. */
function shutdown(vmi: VirtualMachineInstance, launcher: ObservedLauncher): VmiEffect[] {
  const { deletionTimestamp } = vmi.metadata;
  if (!deletionTimestamp || launcher.shutdownTold || launcher.openedAt > new Date(deletionTimestamp)) return [];
  return [{ type: 'tellShutdown', vmi }];
}

/** Without control characters, and cut. */
function bounded(message: string): string {
  const plain = message.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return plain.length <= MAX_MESSAGE_CHARACTERS ? plain : `${plain.slice(0, MAX_MESSAGE_CHARACTERS)}…`;
}
