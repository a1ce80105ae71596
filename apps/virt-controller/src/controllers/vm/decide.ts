import {
  newInstance,
  unavailableVmFeatures,
  type Cause,
  type FreshIdentity,
  type NewInstance,
} from '@quickvirt/admission';
import { reasons, type VirtualMachine, type VirtualMachineInstance } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { controllerOf, findCondition, isConditionTrue, type Decision, type OwnerReference } from '@quickvirt/kube';
import { sameCondition, type WantedCondition } from '../conditions.ts';
import { isFinal } from '../vmi-lifecycle.ts';
import { failureCondition, vmConditions } from './conditions.ts';
import type { VmEffect } from './effects.ts';
import { attemptFailed } from './events.ts';
import { generationEffects, identityEffects, leavesInstance, releaseEffects, runEffects } from './instance-effects.ts';
import { liveUpdate } from './live-update.ts';
import { printableStatus } from './printable-status.ts';
import { instanceState, runAction, runStrategyOf, type RunAction } from './run-strategy.ts';
import { backOffLeftMs, startFailureAfter } from './start-failure.ts';
import { asksToStop, pendingRequests, startRequest, startsPaused } from './state-change-requests.ts';
import { settlesInMs, statusPatch, type WantedVmStatus } from './status.ts';
import { isMadeFromNewer, observedGeneration, templateDiffers } from './template-change.ts';

/** What the VM controller knows of one VM. */
export interface VmObserved {
  readonly vm: VirtualMachine;
  /** The instance of the VM's name, whoever owns it. */
  readonly vmi: VirtualMachineInstance | undefined;
  /** Whether the API server was asked for it in this very look. */
  readonly isVmiCurrent?: boolean;
  readonly config: ClusterConfig;
  /** Between 0 and 1, drawn anew for each observation: spreads retries. */
  readonly jitter: number;
  /** Random identity for an instance whose VM has none. */
  readonly fresh: FreshIdentity;
}

/** The outcome of one look at a VM: what to do, and the status the VM has with it. */
export interface VmPlan extends Decision<VmEffect> {
  /** The whole status wanted, whether it is written in this pass or left to the next. */
  readonly status: WantedVmStatus;
}

/** Decides about one VM. */
export function decideVm(observed: VmObserved, now: Date): VmPlan {
  const { vm, jitter } = observed;
  const { vmi, taken } = ownInstance(observed);
  const requests = pendingRequests(vm, vmi, observed.isVmiCurrent ?? false);
  const startFailure = startFailureAfter({
    strategy: runStrategyOf(vm),
    previous: vm.status?.startFailure,
    vmi,
    jitter,
    now,
  });
  const action = taken ? 'keep' : wantedAction(vm, vmi, requests);
  const waitMs = action === 'create' ? backOffLeftMs(startFailure, now) : 0;
  const made =
    action === 'create' && waitMs === 0 ? instanceFor(observed, startsPaused(startRequest(requests))) : undefined;
  const created = made && 'vmi' in made ? made.vmi : undefined;
  const deleting = action === 'delete' && !vmi?.metadata.deletionTimestamp;
  const live = liveUpdate(vm, deleting ? undefined : vmi, observed.config);
  const differs = needsRestart(vm, live?.next ?? vmi);
  const failure = taken ? nameIsTaken(vm, taken) : made && 'causes' in made ? cannotBeMade(made) : undefined;
  const status: WantedVmStatus = {
    ...statusOfInstance(vm, vmi),
    printableStatus: printableStatus({ vm, vmi, startFailure, creating: created !== undefined, deleting, now }),
    runStrategy: servedStrategy(vm, vmi, action),
    startFailure,
    stateChangeRequests: action === 'rerun' ? [...requests, { action: 'Start' }] : requests,
    conditions: [...(failure ? [failure] : []), ...vmConditions(vm, vmi, differs)],
  };
  const effects: VmEffect[] = [
    ...identityEffects(vm, vmi),
    ...runEffects(vm, { created, deleted: deleting ? vmi : undefined, startAlways: action === 'start-always' }),
    // It changes the version that this look is bound to: the generation is told by the next.
    ...(live?.effects ?? generationEffects(vm, vmi, differs || deleting)),
    ...newFailure(vm, failure),
  ];
  if (vmi && isMadeFromNewer(vm, vmi)) return { effects: [], status };
  // Crashed guests that nobody starts again show their back-off, too: the word must go when it is over.
  const shownMs = status.printableStatus === 'CrashLoopBackOff' ? backOffLeftMs(startFailure, now) : 0;
  return withStatus({ vm, vmi, effects, status, waitMs: Math.max(waitMs, shownMs) }, now);
}

/** What of the status the instance says by itself. */
function statusOfInstance(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined) {
  return {
    created: vmi !== undefined,
    ready: isConditionTrue(vmi?.status?.conditions, 'Ready'),
    observedGeneration: vmi && observedGeneration(vmi),
    desiredGeneration: vmi && vm.metadata.generation,
    lastFailure: vmi?.status?.lastFailure ?? vm.status?.lastFailure,
  };
}

/** Whether a guest runs with something else than its VM's template asks for. */
function needsRestart(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined): boolean {
  return vmi !== undefined && !isFinal(vmi) && !vmi.metadata.deletionTimestamp && templateDiffers(vm, vmi);
}

/** How a failed write shows: the VM says so in its condition Failure, once. */
export function failedVm(observed: VmObserved, error: Error, now: Date): VmEffect[] {
  if (!(error instanceof VmWriteRefused)) return [];
  const { vm } = observed;
  const failure = failureCondition(error.reason, error.message);
  if (sameCondition(findCondition(vm.status?.conditions, 'Failure'), failure)) return [];
  const { status } = decideVm(observed, now);
  const facts = { vm, vmi: ownInstance(observed).vmi, startFailure: status.startFailure, now };
  const wanted: WantedVmStatus = {
    ...status,
    printableStatus: printableStatus({ ...facts, creating: false, deleting: false }),
    conditions: [failure, ...status.conditions.filter(({ type }) => type !== 'Failure')],
  };
  const patch = statusPatch(vm, wanted, now);
  return [...newFailure(vm, failure), ...(patch ? [{ type: 'patchStatus' as const, vm, status: patch }] : [])];
}

/** A write that a VM needs was refused; `reason` is the VM's condition reason and the event's. */
export class VmWriteRefused extends Error {
  readonly reason: string;

  constructor(reason: string, message: string, options: { cause: unknown }) {
    super(message, options);
    this.name = 'VmWriteRefused';
    this.reason = reason;
  }
}

/** The instance of the VM's name, or who else controls it. */
function ownInstance({ vm, vmi }: VmObserved): { vmi?: VirtualMachineInstance; taken?: OwnerReference } {
  const owner = vmi && controllerOf(vmi);
  return owner && owner.uid !== vm.metadata.uid ? { taken: owner } : { vmi };
}

function wantedAction(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  requests: ReturnType<typeof pendingRequests>,
): RunAction {
  if (vm.metadata.deletionTimestamp) return vmi && !leavesInstance(vm) ? 'delete' : 'keep';
  const strategy = runStrategyOf(vm);
  return runAction(strategy, instanceState(vmi), {
    stopRequested: asksToStop(requests, vmi),
    startRequested: startRequest(requests) !== undefined,
    servedBefore: vm.status?.runStrategy === strategy,
  });
}

function instanceFor({ vm, config, fresh }: VmObserved, paused: boolean): NewInstance {
  const causes = unavailableVmFeatures(vm);
  return causes.length > 0 ? { causes } : newInstance(vm, { config, paused, fresh });
}

/**
 * The strategy that the VM is known to have served. Named once it has an instance, and kept when that is gone, so that
 * Once and RerunOnFailure start one time only.
 */
function servedStrategy(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined, action: RunAction) {
  const previous = vm.status?.runStrategy;
  if (!vmi && (previous === undefined || action === 'create')) return previous;
  return runStrategyOf(vm);
}

/** Adds the status write, or leaves it to the event that is about to overtake it. */
function withStatus(
  plan: {
    vm: VirtualMachine;
    vmi: VirtualMachineInstance | undefined;
    effects: VmEffect[];
    status: WantedVmStatus;
    waitMs: number;
  },
  now: Date,
): VmPlan {
  const { vm, vmi, effects, status, waitMs } = plan;
  const patch = statusPatch(vm, status, now);
  const settlesMs = patch ? settlesInMs(patch, vm, vmi, now) : 0;
  // A new instance brings the next look by itself, and a write to the VM changes the version this look is bound to.
  const overtaken = effects.some(({ type }) => ['createInstance', 'setFinalizers', 'setRunStrategy'].includes(type));
  if (patch && settlesMs === 0 && !overtaken) effects.push({ type: 'patchStatus', vm, status: patch });
  if (!patch) effects.push(...releaseEffects(vm, vmi));
  const waits = [waitMs, settlesMs].filter((ms) => ms > 0);
  return { effects, status, ...(waits.length > 0 ? { requeueAfterMs: Math.min(...waits) } : {}) };
}

function nameIsTaken(vm: VirtualMachine, owner: OwnerReference): WantedCondition {
  return failureCondition(
    reasons.synchronized.failedCreate,
    `a virtual machine instance ${vm.metadata.name} exists that ${owner.kind} ${owner.name} controls: ` +
      'delete that instance or give this virtual machine another name',
  );
}

/** Why no instance can be made of the VM: it asks for something that is not built, or that the rules refuse. */
function cannotBeMade({ causes }: { causes: readonly Cause[] }): WantedCondition {
  const { featureNotAvailable, failedCreate } = reasons.synchronized;
  const notBuilt = causes.every(({ type }) => type === 'FieldValueNotSupported');
  const message = causes.map((cause) => `${cause.field}: ${cause.message}`).join('; ');
  return failureCondition(notBuilt ? featureNotAvailable : failedCreate, message);
}

function newFailure(vm: VirtualMachine, failure: WantedCondition | undefined): VmEffect[] {
  if (!failure || sameCondition(findCondition(vm.status?.conditions, 'Failure'), failure)) return [];
  return [{ type: 'event', vm, event: attemptFailed(failure.reason ?? '', failure.message ?? '') }];
}
