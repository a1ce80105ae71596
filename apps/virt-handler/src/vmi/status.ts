import { isDeepStrictEqual } from 'node:util';
import {
  formatQuantity,
  quantityOf,
  reasons,
  vmiConditions,
  type Condition,
  type VirtualMachineInstance,
  type VirtualMachineInstanceStatus,
  type VolumeStatus,
} from '@quickvirt/api';
import { findCondition, timestamp } from '@quickvirt/kube';
import type { DomainState } from '@quickvirt/rpc';

/** A disk of the running domain: the volume's name and the target, for example `vda`. */
export interface DomainDisk {
  name: string;
  target: string;
}

/** What of the status follows from what the launcher tells. */
export interface GuestFacts {
  state: DomainState;
  disks: readonly DomainDisk[];
}

/** A condition before it has a time. */
type WantedCondition = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** Condition types that virt-handler answers for, once an instance was handed over. */
const OWN_CONDITIONS: readonly string[] = [
  vmiConditions.synchronized,
  vmiConditions.liveMigratable,
  vmiConditions.paused,
  vmiConditions.agentConnected,
  vmiConditions.launcherGone,
];

/** libvirt's reason for a pause, and ours. */
const BY_USER = { reason: reasons.paused.byUser, message: 'VMI was paused by user' };
const PAUSE_REASONS: Record<string, { reason: string; message: string }> = {
  user: BY_USER,
  // Started paused, as the user asked: its CPUs have not run yet.
  'starting-up': BY_USER,
  'io-error': { reason: reasons.paused.ioError, message: 'VMI was paused, IO error' },
  migration: { reason: reasons.paused.byMigrationMonitor, message: 'VMI was paused, migration monitor' },
};

const SYNCHRONIZED: WantedCondition = { type: vmiConditions.synchronized, status: 'True' };
/** Empty texts take the place of virt-controller's, which server-side apply would leave beside our status. */
const READY: WantedCondition = { type: vmiConditions.ready, status: 'True', reason: '', message: '' };
const NOT_MIGRATABLE: WantedCondition = {
  type: vmiConditions.liveMigratable,
  status: 'False',
  reason: reasons.liveMigratable.notMigratable,
  message: 'this release of QuickVirt cannot migrate guests',
};

const HOST_DEVICE_NOT_MIGRATABLE: WantedCondition = {
  type: vmiConditions.liveMigratable,
  status: 'False',
  reason: reasons.liveMigratable.hostDevices,
  message: 'a guest with devices of its node cannot be migrated: it would have to leave them behind',
};

/**
 * The status of an instance whose guest runs (a paused one does).
 * @param problem why its devices are not those that the instance asks for.
 */
export function runningStatus(
  vmi: VirtualMachineInstance,
  guest: GuestFacts,
  now: Date,
  problem?: { reason: string; message: string },
): VirtualMachineInstanceStatus {
  const { state, disks } = guest;
  const synchronized: WantedCondition = problem ? { ...SYNCHRONIZED, status: 'False', ...problem } : SYNCHRONIZED;
  const status: VirtualMachineInstanceStatus = {
    phase: 'Running',
    phaseTransitionTimestamps: runningSince(vmi, now),
    volumeStatus: volumeStatus(vmi, disks),
    memory: memoryStatus(vmi, state),
    conditions: timed(vmi, [synchronized, notMigratable(vmi), ...paused(state), ...ready(vmi, state)], now),
  };
  if (state.machineType) status.machine = { type: state.machineType };
  return status;
}

function notMigratable({ spec }: VirtualMachineInstance): WantedCondition {
  const { gpus = [], hostDevices = [] } = spec.domain.devices;
  return gpus.length + hostDevices.length > 0 ? HOST_DEVICE_NOT_MIGRATABLE : NOT_MIGRATABLE;
}

/** What the status says now of virt-handler's fields, with another answer to whether the guest is as asked for. */
export function unsynchronizedStatus(
  vmi: VirtualMachineInstance,
  problem: { reason: string; message: string },
  now: Date,
): VirtualMachineInstanceStatus {
  return withCondition(vmi, { type: vmiConditions.synchronized, status: 'False', ...problem }, now);
}

/** What the status says now of virt-handler's fields, and that nothing of the removed pod is left on this node. */
export function launcherGoneStatus(
  vmi: VirtualMachineInstance,
  podUid: string,
  now: Date,
): VirtualMachineInstanceStatus {
  const message = `no process of launcher pod ${podUid} is left on node ${vmi.status?.nodeName ?? ''}`;
  const type = vmiConditions.launcherGone;
  return withCondition(vmi, { type, status: 'True', reason: 'NoProcessLeft', message }, now);
}

/** What the status says now of virt-handler's fields, but for one condition. */
function withCondition(
  vmi: VirtualMachineInstance,
  condition: WantedCondition,
  now: Date,
): VirtualMachineInstanceStatus {
  const current = vmi.status ?? {};
  const others = ownConditions(current).filter(({ type }) => type !== condition.type);
  return { ...ownFields(current), conditions: [...timed(vmi, [condition, ...keptReady(vmi)], now), ...others] };
}

/** Whether the instance's status says all of `next`, and no condition of ours beyond it. */
export function says(vmi: VirtualMachineInstance, next: VirtualMachineInstanceStatus): boolean {
  const current = vmi.status ?? {};
  const { conditions = [] } = next;
  return (
    isDeepStrictEqual(ownFields(current), ownFields(next)) &&
    isDeepStrictEqual(byType(ownConditions(current)), byType(ownConditions({ conditions })))
  );
}

function ownFields(current: VirtualMachineInstanceStatus): VirtualMachineInstanceStatus {
  const { phase, phaseTransitionTimestamps, volumeStatus, memory, machine } = current;
  const own: VirtualMachineInstanceStatus = {
    // Scheduled is virt-controller's; Running is ours from the first time on.
    ...(phase === 'Running' && { phase }),
    phaseTransitionTimestamps: phaseTransitionTimestamps?.filter((entry) => entry.phase === 'Running'),
    volumeStatus,
    memory,
    machine,
  };
  const given = Object.entries(own).filter(([, value]) => value !== undefined && !isEmptyList(value));
  return Object.fromEntries(given) as VirtualMachineInstanceStatus;
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function ownConditions(current: VirtualMachineInstanceStatus): Condition[] {
  return (current.conditions ?? []).filter(({ type }) => OWN_CONDITIONS.includes(type)).map(withoutEmpty);
}

/** The API server stores what it is given; an empty text or null time says as much as none. */
function withoutEmpty(condition: Condition): Condition {
  const given = Object.entries(condition).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return Object.fromEntries(given) as unknown as Condition;
}

function byType(conditions: readonly Condition[]): Condition[] {
  return conditions.toSorted((a, b) => a.type.localeCompare(b.type));
}

function timed(vmi: VirtualMachineInstance, wanted: readonly WantedCondition[], now: Date): Condition[] {
  return wanted.map((condition) => {
    const current = findCondition(vmi.status?.conditions, condition.type);
    const lastTransitionTime =
      current?.status === condition.status && current.lastTransitionTime ? current.lastTransitionTime : timestamp(now);
    return { ...condition, lastTransitionTime };
  });
}

/**
 * The first Running says Ready, too, where no probe has a say: it saves a start one write. From then on Ready is
 * virt-controller's, by the pod's readiness.
 */
function ready(vmi: VirtualMachineInstance, { phase }: DomainState): WantedCondition[] {
  if (vmi.status?.phase === 'Running') return keptReady(vmi);
  return phase === 'DOMAIN_PHASE_RUNNING' && !vmi.spec.readinessProbe ? [READY] : [];
}

/** Server-side apply takes away what its owner leaves out, so that a Ready that holds is stated again. */
function keptReady({ status }: VirtualMachineInstance): WantedCondition[] {
  return findCondition(status?.conditions, vmiConditions.ready)?.status === 'True' ? [READY] : [];
}

function runningSince(vmi: VirtualMachineInstance, now: Date) {
  const known = vmi.status?.phaseTransitionTimestamps?.find(({ phase }) => phase === 'Running');
  return [known ?? { phase: 'Running' as const, phaseTransitionTimestamp: timestamp(now) }];
}

function paused({ phase, reason }: DomainState): WantedCondition[] {
  if (phase !== 'DOMAIN_PHASE_PAUSED') return [];
  const known = PAUSE_REASONS[reason] ?? { reason: 'PausedByHypervisor', message: 'the hypervisor paused the guest' };
  return [{ type: vmiConditions.paused, status: 'True', ...known }];
}

/** Volumes of the spec that the domain has as disks, in the spec's order. */
function volumeStatus(vmi: VirtualMachineInstance, disks: readonly DomainDisk[]): VolumeStatus[] | undefined {
  const targets = new Map(disks.map(({ name, target }) => [name, target]));
  const mounted = (vmi.spec.volumes ?? []).flatMap(({ name }) => {
    const target = targets.get(name);
    return target === undefined ? [] : [{ name, target }];
  });
  return mounted.length > 0 ? mounted : undefined;
}

function memoryStatus(vmi: VirtualMachineInstance, { guestMemoryBytes }: DomainState) {
  const { memory, resources } = vmi.spec.domain;
  const asked = memory?.guest ?? resources?.requests?.['memory'];
  const current = guestMemoryBytes > 0 ? formatQuantity(quantityOf(guestMemoryBytes)) : undefined;
  const atBoot = vmi.status?.memory?.guestAtBoot ?? asked;
  return {
    ...(atBoot !== undefined && { guestAtBoot: atBoot }),
    ...(current !== undefined && { guestCurrent: current }),
    ...(asked !== undefined && { guestRequested: asked }),
  };
}
