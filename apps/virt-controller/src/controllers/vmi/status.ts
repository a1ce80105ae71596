import { isDeepEqual } from '@quickvirt/admission';
import type {
  CPUTopology,
  LastFailure,
  VirtualMachineInstance,
  VirtualMachineInstancePhase,
  VirtualMachineInstanceStatus,
} from '@quickvirt/api';
import { findCondition, timestamp } from '@quickvirt/kube';
import { sameCondition, withTransitionTimes, type WantedCondition } from '../conditions.ts';
import { withPhaseTimes } from './phases.ts';

/** What virt-controller wants an instance's status to say. Fields left out stay as they are. */
export interface WantedVmiStatus {
  /** Phases entered in this pass, in order. */
  readonly entered: readonly VirtualMachineInstancePhase[];
  /** The conditions of virt-controller's types; one that is left out goes. */
  readonly conditions: readonly WantedCondition[];
  readonly nodeName?: string;
  readonly activePods?: Record<string, string>;
  readonly reason?: string;
  readonly qosClass?: VirtualMachineInstanceStatus['qosClass'];
  readonly runtimeUser?: number;
  readonly currentCPUTopology?: CPUTopology;
  readonly lastFailure?: LastFailure;
}

/** Phases that virt-controller sets, and therefore states again in each apply. Running is virt-handler's. */
const OWN_PHASES: readonly VirtualMachineInstancePhase[] = [
  'Pending',
  'Scheduling',
  'Scheduled',
  'Succeeded',
  'Failed',
];
/** Condition types of virt-controller. Synchronized passes to virt-handler at the hand-over. */
const OWN_CONDITIONS = ['PodScheduled', 'Ready'];
const BEFORE_HAND_OVER: readonly VirtualMachineInstancePhase[] = ['', 'Pending', 'Scheduling'];

/**
 * The status to apply, with every field that virt-controller owns (server-side apply takes away what an owner leaves
 * out); undefined when the instance says all of it already.
 */
export function statusToApply(
  vmi: VirtualMachineInstance,
  wanted: WantedVmiStatus,
  now: Date,
): VirtualMachineInstanceStatus | undefined {
  const current = vmi.status ?? {};
  const phase = wanted.entered.at(-1) ?? current.phase ?? '';
  const times = withPhaseTimes(current.phaseTransitionTimestamps ?? [], wanted.entered, timestamp(now));
  const next: VirtualMachineInstanceStatus = {
    ...(OWN_PHASES.includes(phase) ? { phase } : {}),
    ...carriedOver(current),
    ...given(wanted),
    conditions: withTransitionTimes(wanted.conditions, current.conditions, timestamp(now)),
    ...(times.length > 0 ? { phaseTransitionTimestamps: times } : {}),
  };
  return says(current, next, conditionTypes(current.phase ?? '')) ? undefined : next;
}

/** Types of the conditions that virt-controller answers for in this phase. */
function conditionTypes(phase: VirtualMachineInstancePhase): readonly string[] {
  return BEFORE_HAND_OVER.includes(phase) ? [...OWN_CONDITIONS, 'Synchronized'] : OWN_CONDITIONS;
}

/** Fields that were set in an earlier pass and stay. */
function carriedOver(current: VirtualMachineInstanceStatus): VirtualMachineInstanceStatus {
  const { nodeName, activePods, reason, qosClass, runtimeUser, currentCPUTopology, lastFailure } = current;
  return given({ nodeName, activePods, reason, qosClass, runtimeUser, currentCPUTopology, lastFailure });
}

function given(fields: Partial<Omit<WantedVmiStatus, 'entered' | 'conditions'>>): VirtualMachineInstanceStatus {
  const { nodeName, activePods, reason, qosClass, runtimeUser, currentCPUTopology, lastFailure } = fields;
  const all = { nodeName, activePods, reason, qosClass, runtimeUser, currentCPUTopology, lastFailure };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Whether the current status says all that the next one says, with no condition of ours too many. */
function says(
  current: VirtualMachineInstanceStatus,
  next: VirtualMachineInstanceStatus,
  types: readonly string[],
): boolean {
  const { conditions: nextConditions, ...nextFields } = next;
  const sameFields = Object.entries(nextFields).every(([field, value]) =>
    isDeepEqual(value, current[field as keyof VirtualMachineInstanceStatus]),
  );
  const judged = new Set([...types, ...(nextConditions ?? []).map(({ type }) => type)]);
  return (
    sameFields &&
    [...judged].every((type) =>
      sameCondition(findCondition(current.conditions, type), findCondition(nextConditions, type)),
    )
  );
}
