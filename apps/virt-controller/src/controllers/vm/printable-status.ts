import {
  reasons,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachinePrintableStatus,
  type VirtualMachineStartFailure,
} from '@quickvirt/api';
import { findCondition, isConditionTrue } from '@quickvirt/kube';
import { isFinal } from '../vmi-lifecycle.ts';
import { backOffLeftMs } from './start-failure.ts';

/** What the one-word status of a VM depends on. */
export interface PrintableFacts {
  readonly vm: VirtualMachine;
  readonly vmi: VirtualMachineInstance | undefined;
  readonly startFailure: VirtualMachineStartFailure | undefined;
  /** This pass creates the instance. */
  readonly creating: boolean;
  /** This pass deletes the instance. */
  readonly deleting: boolean;
  readonly now: Date;
}

type Row = readonly [status: VirtualMachinePrintableStatus, holds: (facts: PrintableFacts) => boolean];

const live = ({ vmi }: PrintableFacts): boolean => vmi !== undefined && !isFinal(vmi);
const synchronizedReason = ({ vmi }: PrintableFacts): string | undefined => {
  const synchronized = findCondition(vmi?.status?.conditions, 'Synchronized');
  return synchronized?.status === 'False' ? synchronized.reason : undefined;
};

/** The words in the order in which they are tried: the first that holds is shown (`.status.printableStatus`). */
const ROWS: readonly Row[] = [
  ['Terminating', ({ vm }) => vm.metadata.deletionTimestamp !== undefined],
  ['Stopping', (facts) => live(facts) && (facts.deleting || facts.vmi?.metadata.deletionTimestamp !== undefined)],
  // Clients know it as "nobody can ask the node".
  ['Unknown', (facts) => live(facts) && isUnheard(facts.vmi)],
  ['Migrating', (facts) => live(facts) && isMigrating(facts.vmi)],
  ['Paused', (facts) => live(facts) && isConditionTrue(facts.vmi?.status?.conditions, 'Paused')],
  ['Running', ({ vmi }) => vmi?.status?.phase === 'Running'],
  ['ErrorPvcNotFound', (facts) => live(facts) && synchronizedReason(facts) === 'FailedPvcNotFound'],
  ['ErrorUnschedulable', (facts) => live(facts) && isUnschedulable(facts.vmi)],
  ['Provisioning', (facts) => live(facts) && isConditionTrue(facts.vmi?.status?.conditions, 'Provisioning')],
  ['ErrImagePull', (facts) => live(facts) && synchronizedReason(facts) === 'ErrImagePull'],
  ['ImagePullBackOff', (facts) => live(facts) && synchronizedReason(facts) === 'ImagePullBackOff'],
  ['Starting', (facts) => facts.creating || live(facts)],
  ['CrashLoopBackOff', ({ startFailure, now }) => backOffLeftMs(startFailure, now) > 0],
  ['Stopped', () => true],
];

/** The word for the VM's state that `kubectl get vm` shows. */
export function printableStatus(facts: PrintableFacts): VirtualMachinePrintableStatus {
  const row = ROWS.find(([, holds]) => holds(facts));
  return row ? row[0] : 'Unknown';
}

function isMigrating(vmi: VirtualMachineInstance | undefined): boolean {
  const migration = vmi?.status?.migrationState;
  return migration?.startTimestamp !== undefined && !migration.endTimestamp && !migration.completed;
}

function isUnheard(vmi: VirtualMachineInstance | undefined): boolean {
  return findCondition(vmi?.status?.conditions, 'Ready')?.reason === reasons.vmiReady.nodeUnresponsive;
}

function isUnschedulable(vmi: VirtualMachineInstance | undefined): boolean {
  const scheduled = findCondition(vmi?.status?.conditions, 'PodScheduled');
  return scheduled?.status === 'False' && scheduled.reason === 'Unschedulable';
}
