import { isDeepEqual } from '@quickvirt/admission';
import type { Condition, VirtualMachine, VirtualMachineInstance, VirtualMachineStatus } from '@quickvirt/api';
import { findCondition, timestamp } from '@quickvirt/kube';
import { sameCondition, sameConditions, withTransitionTimes, type WantedCondition } from '../conditions.ts';
import type { VmStatusPatch } from './effects.ts';

/** The part of a VM's status that virt-controller answers for. */
export type WantedVmStatus = Pick<
  VirtualMachineStatus,
  | 'created'
  | 'ready'
  | 'printableStatus'
  | 'runStrategy'
  | 'observedGeneration'
  | 'desiredGeneration'
  | 'startFailure'
  | 'stateChangeRequests'
  | 'lastFailure'
> & { conditions: WantedCondition[] };

/** Fields beside the conditions; all of them are always wanted or wanted absent. */
const FIELDS = [
  'created',
  'ready',
  'printableStatus',
  'runStrategy',
  'observedGeneration',
  'desiredGeneration',
  'startFailure',
  'stateChangeRequests',
  'lastFailure',
] as const satisfies readonly (keyof WantedVmStatus)[];

/**
 * How long a starting guest's instance must have stayed as it is before its conditions are mirrored: they change several
 * times within a second then, and on a machine that is short of time over many.
 */
const START_SETTLES_MS = 15_000;
/**
 * How long a guest that runs may lack the readiness that the VMI controller adds next. Since the instance's last change
 * that has a time, because whoever moves it to Running may leave the time of that out.
 */
const READINESS_SETTLES_MS = 10_000;
/**
 * How long a VM that goes may do so without a word of it, since the last step that its instance made: most are gone by
 * then, and a status with them.
 */
const DELETION_SETTLES_MS = 2_000;
/** The same for what changes once it says that it is terminating. */
const TERMINATING_SETTLES_MS = 10_000;

/** What to write so that the VM's status is as wanted; undefined when it is already. */
export function statusPatch(vm: VirtualMachine, wanted: WantedVmStatus, now: Date): VmStatusPatch | undefined {
  const current = vm.status;
  const patch: Record<string, unknown> = {};
  for (const field of FIELDS) {
    const [is, shall] = [emptyToUndefined(current?.[field]), emptyToUndefined(wanted[field])];
    if (!isDeepEqual(is, shall)) patch[field] = field === 'lastFailure' ? replacing(is, shall) : (shall ?? null);
  }
  if (!sameConditions(current?.conditions, wanted.conditions)) {
    patch['conditions'] = withTransitionTimes(wanted.conditions, current?.conditions, timestamp(now));
  }
  return Object.keys(patch).length > 0 ? (patch as VmStatusPatch) : undefined;
}

/** The VM's whole status after `statusPatch`: what a client reads. */
export function statusAfter(vm: VirtualMachine, wanted: WantedVmStatus, now: Date): VirtualMachineStatus {
  const merged: Record<string, unknown> = { ...vm.status, ...statusPatch(vm, wanted, now) };
  if (merged['lastFailure']) merged['lastFailure'] = wanted.lastFailure;
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null)) as VirtualMachineStatus;
}

/**
 * How long a status write may wait because the next event is about to overtake it, in ms; 0 when it is due. One start
 * then costs two writes on the VM instead of six, and a deletion none. Only mirrored conditions wait, a readiness that
 * contradicts a running guest, and what a VM that goes would still say.
 */
export function settlesInMs(
  patch: VmStatusPatch,
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  now: Date,
): number {
  const changes = vmi ? changeTimes(vmi) : [];
  const { deletionTimestamp } = vm.metadata;
  if (deletionTimestamp) {
    const told = vm.status?.printableStatus === 'Terminating';
    return left([deletionTimestamp, ...changes], told ? TERMINATING_SETTLES_MS : DELETION_SETTLES_MS, now);
  }
  if (!vmi || vm.status?.printableStatus === undefined) return 0;
  if (vmi.status?.phase === 'Running') {
    const unsaid = findCondition(vmi.status.conditions, 'Ready')?.reason === 'GuestNotRunning';
    return unsaid ? left(changes, READINESS_SETTLES_MS, now) : 0;
  }
  if (vm.status.printableStatus !== 'Starting' || !onlyMirrors(patch, vm.status.conditions)) return 0;
  return left(changes, START_SETTLES_MS, now);
}

/** When the instance changed, as far as it says so. */
function changeTimes({ metadata, status }: VirtualMachineInstance): (string | undefined)[] {
  return [
    metadata.creationTimestamp,
    metadata.deletionTimestamp,
    ...(status?.phaseTransitionTimestamps ?? []).map(({ phaseTransitionTimestamp }) => phaseTransitionTimestamp),
    ...(status?.conditions ?? []).map(({ lastTransitionTime }) => lastTransitionTime ?? undefined),
  ];
}

/** What is left of the time to settle, since the latest of some times. */
function left(times: readonly (string | undefined)[], settlesMs: number, now: Date): number {
  const since = Math.max(...times.map((time) => Date.parse(time ?? '')).filter(Number.isFinite));
  const leftMs = Math.max(0, since + settlesMs - now.getTime());
  // A beginning that lies ahead was written by a clock that was wrong.
  return leftMs > settlesMs ? 0 : leftMs;
}

/** Whether nothing changes but mirrored conditions that tell of no trouble. */
function onlyMirrors(patch: VmStatusPatch, current: readonly Condition[] | undefined): boolean {
  if (Object.keys(patch).some((field) => field !== 'conditions')) return false;
  return ['Failure', 'RestartRequired', 'Synchronized'].every((type) =>
    sameCondition(findCondition(current, type), findCondition(patch.conditions ?? undefined, type)),
  );
}

/** A merge patch keeps the fields of an object that it does not name: those of an earlier failure must go. */
function replacing(current: unknown, next: unknown): unknown {
  if (!next) return null;
  const gone = Object.keys(current ?? {}).map((field): [string, unknown] => [field, null]);
  return { ...Object.fromEntries(gone), ...next };
}

function emptyToUndefined(value: unknown): unknown {
  return value === false || value === null || (Array.isArray(value) && value.length === 0) ? undefined : value;
}
