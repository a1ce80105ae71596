import type { VirtualMachine } from '@quickvirt/api';
import { notSupported, type Cause } from '../cause.ts';
import { isDeepEqual } from '../deep-equal.ts';

/** What may not change while a snapshot of the VM is taken, or while it is put back to one. */
export function progressRules(vm: VirtualMachine, old: VirtualMachine): Cause[] {
  const { restoreInProgress, snapshotInProgress } = old.status ?? vm.status ?? {};
  const causes: Cause[] = [];
  const refuse = (message: string): void => void causes.push(notSupported('spec', message));
  const strategyChanged = vm.spec.runStrategy !== old.spec.runStrategy || vm.spec.running !== old.spec.running;
  if (restoreInProgress && strategyChanged && !isHalted(vm)) {
    refuse(`Cannot update VM runStrategy until restore ${JSON.stringify(restoreInProgress)} completes`);
  }
  if (!snapshotInProgress) return causes;
  const name = JSON.stringify(snapshotInProgress);
  if (storageOf(vm) !== storageOf(old)) refuse(`Cannot update vm disks or volumes until snapshot ${name} completes`);
  if (strategyChanged) refuse(`Cannot update vm running state until snapshot ${name} completes`);
  return causes;
}

function isHalted({ spec }: VirtualMachine): boolean {
  return spec.runStrategy === 'Halted' || spec.running === false;
}

function storageOf({ spec }: VirtualMachine): string {
  const template = spec.template?.spec;
  return JSON.stringify([template?.domain?.devices?.disks ?? [], template?.volumes ?? []]);
}

/** Whether nothing but metadata changed. */
export function sameSpec(vm: VirtualMachine, old: VirtualMachine): boolean {
  return isDeepEqual(vm.spec, old.spec);
}
