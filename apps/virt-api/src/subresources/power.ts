import {
  virtualMachineInstances,
  virtualMachines,
  vmConditions,
  type RestartOptions,
  type StartOptions,
  type StopOptions,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineRunStrategy,
  type VirtualMachineStateChangeRequest,
} from '@quickvirt/api';
import type { JsonPatchOperation } from '@quickvirt/kube';
import { badRequest, conflict, internalError, type FailureStatus } from '../status.ts';
import { refuse, type Answer, type PatchWrite } from './answer.ts';
import { patchOf } from './patch-write.ts';

/** What the power decisions look at. */
export interface VmState {
  vm: VirtualMachine;
  /** The VMI of the same name, if there is one. */
  vmi?: VirtualMachineInstance;
}

/**
 * Starts a VM: by its run strategy where that says off (Halted becomes Always), by a request to virt-controller where
 * starts are manual (Manual, RerunOnFailure).
 */
export function decideStart({ vm, vmi }: VmState, options: StartOptions): Answer {
  if (vmi && !isFinal(vmi)) return refuse(conflictOn(vm, 'VM is already running'));
  if (
    vm.status?.conditions?.some(({ type, status }) => type === vmConditions.manualRecoveryRequired && status === 'True')
  ) {
    return refuse(
      conflictOn(
        vm,
        `the condition ${vmConditions.manualRecoveryRequired} is set: its volumes need attention first, see the condition's message`,
      ),
    );
  }
  const strategy = runStrategyOf(vm);
  const requests: VirtualMachineStateChangeRequest[] = [
    { action: 'Start', ...(options.paused && { data: { paused: 'true' } }) },
  ];
  switch (strategy) {
    case 'Halted':
      return options.paused
        ? requestStateChange(vm, requests, options)
        : accepted([setRunStrategy(vm, 'Always', options)]);
    case 'RerunOnFailure':
    case 'Manual':
      if (strategy === 'RerunOnFailure' && vmi?.status?.phase === 'Failed') {
        return refuse(conflictOn(vm, 'RerunOnFailure does not support starting VM from failed state'));
      }
      return requestStateChange(vm, vmi ? [stopOf(vmi), ...requests] : requests, options);
    case 'Always':
    case 'Once':
      return refuse(conflictOn(vm, `${strategy} does not support manual start requests`));
    case 'WaitAsReceiver':
      // Its guest arrives by a migration; there is nothing to start.
      return accepted([]);
  }
}

/** Stops a VM: Always and Once become Halted, manual strategies get a request; a given grace period goes to the VMI. */
export function decideStop({ vm, vmi }: VmState, options: StopOptions): Answer {
  const strategy = runStrategyOf(vm);
  const running = vmi && !isFinal(vmi) ? vmi : undefined;
  const gracePeriod = options.gracePeriod ?? undefined;
  const writes = running && gracePeriod !== undefined ? [setGracePeriod(running, gracePeriod, options)] : [];
  switch (strategy) {
    case 'Halted':
      if (!running) return refuse(conflictOn(vm, 'VM is not running'));
      if (gracePeriod === undefined || !isShorter(gracePeriod, running)) {
        return refuse(conflictOn(vm, 'Halted only supports manual stop requests with a shorter graceperiod'));
      }
      return requestStateChange(vm, [stopOf(running)], options, writes);
    case 'RerunOnFailure':
    case 'Manual':
      if (!running) return refuse(conflictOn(vm, 'VM is not running'));
      return requestStateChange(vm, [stopOf(running)], options, writes);
    case 'Always':
    case 'Once':
      return accepted([...writes, setRunStrategy(vm, 'Halted', options)]);
    case 'WaitAsReceiver':
      return accepted([]);
  }
}

/** Stops the VMI that runs and starts the VM anew. `gracePeriodSeconds: 0` does not wait for the guest. */
export function decideRestart({ vm, vmi }: VmState, options: RestartOptions): Answer {
  const strategy = runStrategyOf(vm);
  if (strategy === 'Halted' || strategy === 'Once') {
    return refuse(conflictOn(vm, `RunStategy ${strategy} does not support manual restart requests`));
  }
  if (!vmi) return refuse(conflictOn(vm, 'VM is not running: Halted'));
  // A grace period of 0 would mean "delete at once" to the kubelet, and the guest's disks would not be flushed.
  const writes = options.gracePeriodSeconds === 0 ? [setGracePeriod(vmi, 1, options)] : [];
  return requestStateChange(vm, [stopOf(vmi), { action: 'Start' }], options, writes);
}

/** What is wrong with the body of a stop, whatever the state of the VM; undefined when nothing is. */
export function stopOptionsProblem({ gracePeriod }: StopOptions): FailureStatus | undefined {
  return (gracePeriod ?? 0) < 0 ? badRequest('gracePeriod has to be greater or equal to 0') : undefined;
}

/** What is wrong with the body of a restart, whatever the state of the VM; undefined when nothing is. */
export function restartOptionsProblem({ gracePeriodSeconds }: RestartOptions): FailureStatus | undefined {
  if (gracePeriodSeconds === undefined || gracePeriodSeconds === null) return undefined;
  if (gracePeriodSeconds > 0) return badRequest('For force restart, only gracePeriod=0 is supported for now');
  if (gracePeriodSeconds < 0) return badRequest('gracePeriod has to be greater or equal to 0');
  return undefined;
}

/** The strategy in force. `running` is the older way to say Always or Halted; neither means Halted. */
function runStrategyOf({ spec }: VirtualMachine): VirtualMachineRunStrategy {
  if (spec.running !== undefined) return spec.running ? 'Always' : 'Halted';
  return spec.runStrategy ?? 'Halted';
}

function isFinal({ status }: VirtualMachineInstance): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function isShorter(gracePeriodSeconds: number, { spec }: VirtualMachineInstance): boolean {
  return spec.terminationGracePeriodSeconds === undefined || gracePeriodSeconds < spec.terminationGracePeriodSeconds;
}

/** The VMI that runs now, and no later one of the same name, is to stop. */
function stopOf({ metadata }: VirtualMachineInstance): VirtualMachineStateChangeRequest {
  return { action: 'Stop', uid: metadata.uid };
}

/** A lone Stop replaces what was asked before; anything else waits for that to be done. */
function requestStateChange(
  vm: VirtualMachine,
  requests: VirtualMachineStateChangeRequest[],
  options: DryRunOption,
  before: PatchWrite[] = [],
): Answer {
  const isStop = requests.length === 1 && requests[0]?.action === 'Stop';
  if (vm.status?.stateChangeRequests?.length && !isStop) {
    return refuse(internalError('unable to complete request: stop/start already underway'));
  }
  const operation: JsonPatchOperation = vm.status
    ? { op: 'add', path: '/status/stateChangeRequests', value: requests }
    : { op: 'add', path: '/status', value: { stateChangeRequests: requests } };
  return accepted([...before, patchOf(virtualMachines, vm, [operation], options, 'status')]);
}

function setRunStrategy(vm: VirtualMachine, to: 'Always' | 'Halted', options: DryRunOption): PatchWrite {
  const operation: JsonPatchOperation =
    vm.spec.running === undefined
      ? { op: 'add', path: '/spec/runStrategy', value: to }
      : { op: 'replace', path: '/spec/running', value: to === 'Always' };
  return patchOf(virtualMachines, vm, [operation], options);
}

function setGracePeriod(vmi: VirtualMachineInstance, seconds: number, options: DryRunOption): PatchWrite {
  const operation: JsonPatchOperation = { op: 'add', path: '/spec/terminationGracePeriodSeconds', value: seconds };
  return patchOf(virtualMachineInstances, vmi, [operation], options);
}

interface DryRunOption {
  dryRun?: string[];
}

function accepted(writes: PatchWrite[]): Answer {
  return { type: 'writes', code: 202, writes };
}

function conflictOn(vm: VirtualMachine, message: string): FailureStatus {
  return conflict({ resource: virtualMachines, name: vm.metadata.name ?? '' }, message);
}
