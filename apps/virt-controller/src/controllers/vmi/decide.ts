import type { ClusterConfig } from '@quickvirt/config';
import { unavailableFeatures } from '@quickvirt/admission';
import {
  annotations,
  finalizers,
  labels,
  reasons,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineInstancePhase,
} from '@quickvirt/api';
import { findCondition, type Decision, type KubeObject, type Pod } from '@quickvirt/kube';
import { LAUNCHER_UID } from '@quickvirt/launcher-pod';
import { sameCondition, type WantedCondition } from '../conditions.ts';
import type { NodeLife } from '../node/node-life.ts';
import { isFinal, needsToSeeEnd } from '../vmi-lifecycle.ts';
import { podGraceSeconds } from './deletion-grace.ts';
import type { VmiEffect } from './effects.ts';
import { guestEnded, podCreated, podDeleted, troubled } from './events.ts';
import { phasesAfter, type PhaseEvent } from './phases.ts';
import { guestEndOf, podIsGone, type GuestEnd } from './pod-end.ts';
import { lastFailureOf, withConsole } from './last-failure.ts';
import { computeEnd, podCondition, podState } from './pod-state.ts';
import { containerTrouble, unschedulable } from './pod-trouble.ts';
import { podRemoved, readyCondition, unresponsiveNode } from './ready.ts';
import { isLauncherGone, unseenEndLeftMs } from './unseen-end.ts';
import { statusToApply, type WantedVmiStatus } from './status.ts';

/** What the VMI controller knows of one instance. */
export interface VmiObserved {
  readonly vmi: VirtualMachineInstance;
  /** The launcher pod; when the cache has none although there was one, the API server was asked. */
  readonly pod: Pod | undefined;
  readonly podName: string;
  /** Another pod of the instance than the one that it was handed over with. */
  readonly strayPod?: Pod;
  /** The launcher pod as it was when it went; undefined while it is there. */
  readonly departedPod?: Pod;
  /** How long the pod has been gone while its node was believed alive, by the monotonic clock. */
  readonly podAbsentMs: number;
  /** The VM that controls the instance. */
  readonly vm: VirtualMachine | undefined;
  /** The latest FailedMount of the pod, as the kubelet tells it. */
  readonly mountFailure: string | undefined;
  /** What is believed of the node that the instance or its pod is on. */
  readonly nodeLife: NodeLife;
  readonly config: ClusterConfig;
  /** Renders the launcher pod. @throws Error when the instance cannot be rendered. */
  readonly renderPod: () => Pod;
}

/** Decides about one instance. */
export function decideVmi(observed: VmiObserved, now: Date): Decision<VmiEffect> {
  const { vmi, strayPod } = observed;
  const decision = decideInstance(observed, now);
  if (!strayPod || strayPod.metadata.deletionTimestamp) return decision;
  const gracePeriodSeconds = podGraceSeconds(vmi, strayPod);
  return { ...decision, effects: [{ type: 'deletePod', pod: strayPod, gracePeriodSeconds }, ...decision.effects] };
}

function decideInstance(observed: VmiObserved, now: Date): Decision<VmiEffect> {
  const { vmi } = observed;
  if (!vmi.metadata.deletionTimestamp && isFinal(vmi)) return { effects: afterEnd(observed, now) };
  const unseenLeftMs = isLost(observed) ? 0 : unseenEndLeftMs(observed);
  if (unseenLeftMs > 0) return { effects: untilEndIsSure(observed, now), requeueAfterMs: unseenLeftMs };
  if (vmi.metadata.deletionTimestamp) return { effects: deletion(observed, now) };
  if (isLost(observed)) return { effects: onLostNode(observed, now) };
  switch (podState(observed.pod)) {
    case 'absent':
      return { effects: withoutPod(observed, now) };
    case 'ended':
      return { effects: ending(observed, guestEndOf(observed.pod as Pod), now) };
    default:
      return { effects: withPod(observed, observed.pod as Pod, now) };
  }
}

/** The API server refused the launcher pod. */
export class PodRefused extends Error {
  constructor(message: string, options: { cause: unknown }) {
    super(message, options);
    this.name = 'PodRefused';
  }
}

/** How a refused pod shows: the instance says so in its condition Synchronized, once. */
export function failedVmi(observed: VmiObserved, error: Error, now: Date): VmiEffect[] {
  if (!(error instanceof PodRefused)) return [];
  return blocked(observed, notSynchronized(reasons.synchronized.failedCreate, error.message), now);
}

/** Whether only the node could tell how the guest is, and does not. An end that it told before still counts. */
function isLost({ nodeLife, pod, vmi }: VmiObserved): boolean {
  return nodeLife.state !== 'alive' && !(pod ? computeEnd(pod) : isLauncherGone(vmi));
}

/**
 * A node that is off took the guest with it. Of one that only does not answer nothing is concluded, not even from a pod
 * that somebody removed: the guest may run, and a second one would ruin its disks.
 */
function onLostNode(observed: VmiObserved, now: Date): VmiEffect[] {
  const { vmi, pod, nodeLife } = observed;
  if (nodeLife.state === 'alive') return [];
  if (nodeLife.state === 'off') {
    const end: GuestEnd = { phase: 'Failed', reason: 'NodeOff', message: nodeLife.message };
    // Nobody is there to end the pod: it is taken away by its uid.
    return [
      ...(pod ? [{ type: 'deletePod' as const, pod, gracePeriodSeconds: 0 }] : []),
      ...ending(observed, end, now),
    ];
  }
  const ready = unresponsiveNode(nodeLife);
  const scheduled = findCondition(vmi.status?.conditions, 'PodScheduled');
  const status = statusToApply(vmi, { entered: [], conditions: scheduled ? [scheduled, ready] : [ready] }, now);
  return [...(status ? [{ type: 'applyStatus' as const, vmi, status }] : []), ...newTrouble(vmi, ready)];
}

/**
 * The pod is gone and nobody told the guest's end: its instance stays, so that no other takes its place. By what it says
 * virt-handler knows that it is asked whether anything of the pod is left.
 */
function untilEndIsSure({ vmi, podName }: VmiObserved, now: Date): VmiEffect[] {
  const { conditions } = vmi.status ?? {};
  const told = findCondition(conditions, 'Ready');
  if (told?.status === 'False' && told.reason === reasons.vmiReady.podNotExists) return [];
  const ready = podRemoved(podName, told?.reason === reasons.vmiReady.podTerminating ? told.message : undefined);
  const scheduled = findCondition(conditions, 'PodScheduled');
  const status = statusToApply(vmi, { entered: [], conditions: scheduled ? [scheduled, ready] : [ready] }, now);
  return status ? [{ type: 'applyStatus', vmi, status }] : [];
}

/** An instance that never had a pod gets one; one that had is lost. */
function withoutPod(observed: VmiObserved, now: Date): VmiEffect[] {
  const { vmi, podName } = observed;
  const phase = vmi.status?.phase ?? '';
  if (phase !== '' && phase !== 'Pending') {
    const { podNotExists, podTerminating } = reasons.vmiReady;
    const ready = findCondition(vmi.status?.conditions, 'Ready');
    const saysWhy = ready?.reason === podTerminating || ready?.reason === podNotExists;
    const lastWords = saysWhy ? ready.message : undefined;
    return ending(observed, podIsGone(podName, lastWords), now);
  }
  const refused = notAvailable(vmi, observed.config);
  if (refused) return blocked(observed, refused, now);
  const pod = rendered(observed);
  if ('type' in pod) return blocked(observed, pod, now);
  const status = statusToApply(
    vmi,
    { ...startingStatus(vmi), entered: phasesAfter(phase, ['blocked', 'podCreated']) },
    now,
  );
  return [
    ...holdInstance(vmi),
    { type: 'createPod', vmi, pod },
    { type: 'event', vmi, event: podCreated(podName) },
    ...(status ? [{ type: 'applyStatus' as const, vmi, status }] : []),
  ];
}

/** The pod is there and has not ended: the phases up to the hand-over, conditions, labels. */
function withPod(observed: VmiObserved, pod: Pod, now: Date): VmiEffect[] {
  const { vmi } = observed;
  const phase = vmi.status?.phase ?? '';
  const started = podState(pod) === 'started';
  const steps: PhaseEvent[] = started ? ['blocked', 'podCreated', 'podStarted'] : ['blocked', 'podCreated'];
  const entered = phasesAfter(phase, steps);
  const nextPhase = entered.at(-1) ?? phase;
  const trouble =
    !started && isBeforeHandOver(vmi)
      ? containerTrouble(pod, observed.mountFailure, findCondition(vmi.status?.conditions, 'Synchronized'))
      : undefined;
  const ready = readyCondition({ phase: nextPhase, pod, end: undefined });
  const scheduled = scheduledCondition(vmi, pod, started);
  const status = statusToApply(
    vmi,
    {
      ...startingStatus(vmi),
      ...(started ? handOver(pod) : {}),
      entered,
      conditions: [scheduled, trouble, ready].filter((one) => one !== undefined),
    },
    now,
  );
  const nodeName = pod.spec?.nodeName ?? '';
  return [
    // Before the status: virt-handler starts to write as soon as the status names its node.
    ...(started && lacksNode(vmi, nodeName)
      ? [{ type: 'labelInstance' as const, vmi, labels: nodeLabel(nodeName) }]
      : []),
    ...(status ? [{ type: 'applyStatus' as const, vmi, status }] : []),
    ...(started ? podMark(vmi, pod) : []),
    ...newTrouble(vmi, trouble),
  ];
}

/** The guest's end, once. */
function ending(observed: VmiObserved, end: GuestEnd, now: Date): VmiEffect[] {
  const { vmi, pod, vm } = observed;
  const phase = vmi.status?.phase ?? '';
  const started: PhaseEvent[] =
    isBeforeHandOver(vmi) && end.phase === 'Succeeded' ? ['blocked', 'podCreated', 'podStarted'] : [];
  const entered = phasesAfter(phase, [...started, end.phase === 'Succeeded' ? 'guestEnded' : 'guestFailed']);
  const scheduled = findCondition(vmi.status?.conditions, 'PodScheduled');
  const status = statusToApply(
    vmi,
    {
      entered,
      reason: end.reason,
      ...(end.phase === 'Failed'
        ? { lastFailure: lastFailureOf({ ...observed, pod: lastSeenPod(observed), end }, now) }
        : {}),
      conditions: [scheduled, readyCondition({ phase: end.phase, pod, end })].filter((one) => one !== undefined),
    },
    now,
  );
  if (!status) return [];
  const apply: VmiEffect = { type: 'applyStatus', vmi, status };
  // A VM that goes has told by its own event that its guest is stopped.
  if (isGoing(vm) && end.phase === 'Succeeded') return [apply];
  return [apply, { type: 'event', vmi, event: guestEnded(end) }];
}

/** virt-handler may have told the end first: the readiness is still ours to take back. */
function afterEnd(observed: VmiObserved, now: Date): VmiEffect[] {
  const { vmi, pod } = observed;
  const { conditions, phase = 'Failed', lastFailure: known } = vmi.status ?? {};
  const lastFailure = withConsole(known, lastSeenPod(observed));
  if (findCondition(conditions, 'Ready')?.status === 'False' && !lastFailure) return [];
  const message = 'the guest has ended';
  const end: GuestEnd = { phase: phase === 'Succeeded' ? phase : 'Failed', reason: '', message };
  const scheduled = findCondition(conditions, 'PodScheduled');
  const ready = readyCondition({ phase, pod, end });
  const wanted = {
    entered: [],
    conditions: scheduled ? [scheduled, ready] : [ready],
    ...(lastFailure && { lastFailure }),
  };
  const status = statusToApply(vmi, wanted, now);
  return status ? [{ type: 'applyStatus', vmi, status }] : [];
}

/** The instance goes: its pod first, then the finalizers. */
function deletion(observed: VmiObserved, now: Date): VmiEffect[] {
  const { vmi, pod, vm } = observed;
  const lost = isLost(observed) && !isFinal(vmi);
  // Somebody took the pod of a node that does not answer: the name must stay taken, the guest may run.
  if (!pod && lost && observed.nodeLife.state === 'unresponsive') return onLostNode(observed, now);
  // The last words come before the instance may go.
  const words =
    isFinal(vmi) && withConsole(vmi.status?.lastFailure, lastSeenPod(observed)) ? afterEnd(observed, now) : [];
  if (!pod) return words.length > 0 ? words : release(vmi, vm);
  const effects: VmiEffect[] = [];
  const state = podState(pod);
  const off = observed.nodeLife.state === 'off';
  // The phase tells virt-handler and the VM that the guest has ended, not only that its pod goes.
  effects.push(...words);
  if (lost) effects.push(...onLostNode(observed, now).filter(({ type }) => type !== 'deletePod'));
  else if (state === 'ended' && !isFinal(vmi)) effects.push(...ending(observed, guestEndOf(pod), now));
  const gracePeriodSeconds = off ? 0 : podGraceSeconds(vmi, pod);
  const ends = pod.metadata.deletionTimestamp !== undefined;
  const mayEnd = state !== 'ended' || off;
  const sooner = mayEnd && gracePeriodSeconds < (pod.metadata.deletionGracePeriodSeconds ?? Infinity);
  if (!ends || sooner) effects.unshift({ type: 'deletePod', pod, gracePeriodSeconds });
  // A VM that goes has told by its own event that its instance goes.
  if (!ends && !isGoing(vm)) effects.push({ type: 'event', vmi, event: podDeleted(observed.podName) });
  return effects;
}

function isGoing(vm: VirtualMachine | undefined): boolean {
  return vm?.metadata.deletionTimestamp !== undefined;
}

/** Nothing is left of the instance: it may go, unless its VM has to note its end first. */
function release(vmi: VirtualMachineInstance, vm: VirtualMachine | undefined): VmiEffect[] {
  const present = vmi.metadata.finalizers ?? [];
  const done: string[] = [finalizers.virtualMachineInstance];
  if (!needsToSeeEnd(vm)) done.push(finalizers.virtualMachine);
  const kept = present.filter((name) => !done.includes(name));
  return kept.length === present.length ? [] : [{ type: 'setFinalizers', vmi, finalizers: kept }];
}

function lastSeenPod({ pod, departedPod }: VmiObserved): Pod | undefined {
  return pod ?? departedPod;
}

/** The instance cannot have a pod now; it says why. */
function blocked(observed: VmiObserved, why: WantedCondition, now: Date): VmiEffect[] {
  const { vmi, pod } = observed;
  const entered = phasesAfter(vmi.status?.phase ?? '', ['blocked']);
  const ready = readyCondition({ phase: 'Pending', pod, end: undefined });
  const status = statusToApply(vmi, { entered, conditions: [why, ready] }, now);
  return [...(status ? [{ type: 'applyStatus' as const, vmi, status }] : []), ...newTrouble(vmi, why)];
}

/** The launcher pod, or why there can be none. */
function rendered({ renderPod }: VmiObserved): Pod | WantedCondition {
  try {
    return renderPod();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return notSynchronized(
      reasons.synchronized.failedCreate,
      `no launcher pod can be made of the instance: ${error.message}`,
    );
  }
}

function notSynchronized(reason: string, message: string): WantedCondition {
  return { type: 'Synchronized', status: 'False', reason, message };
}

function notAvailable(vmi: VirtualMachineInstance, config: ClusterConfig): WantedCondition | undefined {
  const causes = unavailableFeatures(vmi, config);
  if (vmi.metadata.annotations?.['kubevirt.io/create-migration-target'] === 'true') {
    causes.push({
      type: 'FieldValueNotSupported',
      field: 'metadata.annotations[kubevirt.io/create-migration-target]',
      message: 'an instance cannot be started as the receiver of a migration yet: use another run strategy',
    });
  }
  if (causes.length === 0) return undefined;
  const message = causes.map((cause) => `${cause.field}: ${cause.message}`).join('; ');
  return notSynchronized(reasons.synchronized.featureNotAvailable, message);
}

function startingStatus(vmi: VirtualMachineInstance): WantedVmiStatus {
  const { cpu } = vmi.spec.domain;
  return {
    entered: [],
    runtimeUser: LAUNCHER_UID,
    currentCPUTopology: { cores: cpu?.cores ?? 1, sockets: cpu?.sockets ?? 1, threads: cpu?.threads ?? 1 },
    conditions: [{ type: 'Ready', status: 'False', reason: 'GuestNotRunning', message: 'the guest does not run yet' }],
  };
}

function handOver(pod: Pod): Partial<WantedVmiStatus> {
  const nodeName = pod.spec?.nodeName ?? '';
  return {
    nodeName,
    activePods: { [pod.metadata.uid ?? '']: nodeName },
    qosClass: pod.status?.qosClass as WantedVmiStatus['qosClass'],
  };
}

/** PodScheduled: as soon as the scheduler gives up, and with the hand-over; the way between costs no write. */
function scheduledCondition(vmi: VirtualMachineInstance, pod: Pod, started: boolean): WantedCondition | undefined {
  const refused = unschedulable(pod);
  if (refused) return refused;
  const current = findCondition(vmi.status?.conditions, 'PodScheduled');
  if (!started && current?.status !== 'False') return current;
  return podCondition(pod, 'PodScheduled')?.status === 'True' ? { type: 'PodScheduled', status: 'True' } : undefined;
}

/** The pod's node label and its readiness gate, which closes while the guest is paused. */
function podMark(vmi: VirtualMachineInstance, pod: Pod): VmiEffect[] {
  const nodeName = pod.spec?.nodeName ?? '';
  const unpaused = findCondition(vmi.status?.conditions, 'Paused')?.status !== 'True';
  const gate = podCondition(pod, annotations.virtualMachineUnpaused);
  if (!lacksNode(pod, nodeName) && gate?.status === (unpaused ? 'True' : 'False')) return [];
  return [{ type: 'markPod', pod, labels: nodeLabel(nodeName), unpaused }];
}

function nodeLabel(nodeName: string): Record<string, string> {
  return { [labels.nodeName]: nodeName };
}

function lacksNode({ metadata }: KubeObject, nodeName: string): boolean {
  return metadata.labels?.[labels.nodeName] !== nodeName;
}

function newTrouble(vmi: VirtualMachineInstance, trouble: WantedCondition | undefined): VmiEffect[] {
  if (!trouble || sameCondition(findCondition(vmi.status?.conditions, trouble.type), trouble)) return [];
  return [{ type: 'event', vmi, event: troubled(trouble) }];
}

/** Admission adds the finalizer; an instance that came past it must not leave its pod behind either. */
function holdInstance(vmi: VirtualMachineInstance): VmiEffect[] {
  const present = vmi.metadata.finalizers ?? [];
  return present.includes(finalizers.virtualMachineInstance)
    ? []
    : [{ type: 'setFinalizers', vmi, finalizers: [...present, finalizers.virtualMachineInstance] }];
}

function isBeforeHandOver(vmi: VirtualMachineInstance): boolean {
  const phase: VirtualMachineInstancePhase = vmi.status?.phase ?? '';
  return phase === '' || phase === 'Pending' || phase === 'Scheduling';
}
