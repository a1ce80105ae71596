import type { VirtualMachineInstancePhase, VirtualMachineInstancePhaseTransitionTimestamp } from '@quickvirt/api';

/**
 * What moves an instance from phase to phase, as far as virt-controller judges it. From Scheduled to Running it is the
 * node's virt-handler that moves it.
 */
export type PhaseEvent =
  /** The instance cannot have a pod yet. */
  | 'blocked'
  /** The launcher pod is there. */
  | 'podCreated'
  /** The launcher pod's containers run. */
  | 'podStarted'
  /** The guest ended as it should. */
  | 'guestEnded'
  /** The guest, its launcher or its pod failed or is lost. */
  | 'guestFailed';

type Phase = VirtualMachineInstancePhase;

/** Every move there is; what is not listed leaves the phase as it is. Succeeded and Failed are left by nobody. */
const MOVES: Partial<Record<Phase, Partial<Record<PhaseEvent, Phase>>>> = {
  '': { blocked: 'Pending', podCreated: 'Scheduling', guestFailed: 'Failed' },
  Pending: { podCreated: 'Scheduling', guestFailed: 'Failed' },
  Scheduling: { podStarted: 'Scheduled', guestEnded: 'Succeeded', guestFailed: 'Failed' },
  Scheduled: { guestEnded: 'Succeeded', guestFailed: 'Failed' },
  Running: { guestEnded: 'Succeeded', guestFailed: 'Failed' },
  Unknown: { guestEnded: 'Succeeded', guestFailed: 'Failed' },
};

/** The phases that the events lead to, one after the other, without the one it starts from. */
export function phasesAfter(phase: Phase, events: readonly PhaseEvent[]): Phase[] {
  const passed: Phase[] = [];
  let current = phase;
  for (const event of events) {
    const next = MOVES[current]?.[event];
    if (next === undefined) continue;
    passed.push(next);
    current = next;
  }
  return passed;
}

/** The list with one entry for each phase that is entered for the first time. */
export function withPhaseTimes(
  times: readonly VirtualMachineInstancePhaseTransitionTimestamp[],
  entered: readonly Phase[],
  now: string,
): VirtualMachineInstancePhaseTransitionTimestamp[] {
  const known = new Set(times.map(({ phase }) => phase));
  const added = entered.filter((phase) => !known.has(phase));
  return [...times, ...added.map((phase) => ({ phase, phaseTransitionTimestamp: now }))];
}
