import type { VirtualMachineRunStrategy, VirtualMachine, VirtualMachineInstance } from '@quickvirt/api';

/** What the instance of a VM is doing, as far as run strategies care. */
export type InstanceState = 'absent' | 'live' | 'ending' | 'succeeded' | 'failed';

/** What to do about the instance. `rerun` first records that a start is owed, then deletes. */
export type RunAction = 'keep' | 'create' | 'delete' | 'rerun' | 'start-always';

/** What the rules below may ask about. */
export interface RunFacts {
  readonly stopRequested: boolean;
  readonly startRequested: boolean;
  /** Whether this strategy has had an instance already: it is what the status names since the last one was seen. */
  readonly servedBefore: boolean;
}

type Rule = (facts: RunFacts) => RunAction;
const keep: Rule = () => 'keep';
const create: Rule = () => 'create';
const remove: Rule = () => 'delete';
const removeOnRequest: Rule = ({ stopRequested }) => (stopRequested ? 'delete' : 'keep');
/** An ended instance is in the way of a Start that is still to be carried out. */
const removeOnAnyRequest: Rule = ({ stopRequested, startRequested }) =>
  stopRequested || startRequested ? 'delete' : 'keep';
const createOnRequest: Rule = ({ startRequested }) => (startRequested ? 'create' : 'keep');
const createOnceOrOnRequest: Rule = ({ servedBefore, startRequested }) =>
  startRequested || !servedBefore ? 'create' : 'keep';
const rerun: Rule = ({ stopRequested, startRequested }) => (stopRequested || startRequested ? 'delete' : 'rerun');
const startAlwaysOnRequest: Rule = ({ startRequested }) => (startRequested ? 'start-always' : 'keep');

/**
 * Every run strategy as a table: what becomes of the instance in each of its states. Source of the strategies' meaning:
 * the field documentation of `spec.runStrategy`. An instance that is already ending is left to end. Requests are carried
 * out under every strategy: they may be older than it.
 */
const RULES: Record<VirtualMachineRunStrategy, Record<InstanceState, Rule>> = {
  Always: { absent: create, live: removeOnRequest, ending: keep, succeeded: remove, failed: remove },
  RerunOnFailure: {
    absent: createOnceOrOnRequest,
    live: removeOnRequest,
    ending: keep,
    succeeded: remove,
    failed: rerun,
  },
  Manual: {
    absent: createOnRequest,
    live: removeOnRequest,
    ending: keep,
    succeeded: removeOnAnyRequest,
    failed: removeOnAnyRequest,
  },
  Halted: { absent: startAlwaysOnRequest, live: remove, ending: keep, succeeded: remove, failed: remove },
  Once: {
    absent: createOnceOrOnRequest,
    live: removeOnRequest,
    ending: keep,
    succeeded: removeOnAnyRequest,
    failed: removeOnAnyRequest,
  },
  WaitAsReceiver: {
    absent: create,
    live: removeOnRequest,
    ending: keep,
    succeeded: removeOnRequest,
    failed: removeOnRequest,
  },
};

/** The action for an instance in this state. */
export function runAction(strategy: VirtualMachineRunStrategy, state: InstanceState, facts: RunFacts): RunAction {
  return RULES[strategy][state](facts);
}

/** The state of the instance. One that was deleted but whose guest has ended counts as ended: its VM must take note. */
export function instanceState(vmi: VirtualMachineInstance | undefined): InstanceState {
  if (!vmi) return 'absent';
  if (vmi.status?.phase === 'Succeeded') return 'succeeded';
  if (vmi.status?.phase === 'Failed') return 'failed';
  return vmi.metadata.deletionTimestamp ? 'ending' : 'live';
}

/** The VM's run strategy; `spec.running` is its older form, and with neither the VM is halted. */
export function runStrategyOf(vm: VirtualMachine): VirtualMachineRunStrategy {
  if (vm.spec.runStrategy) return vm.spec.runStrategy;
  return vm.spec.running ? 'Always' : 'Halted';
}
