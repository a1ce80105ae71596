import { annotations, compareQuantities, tryParseQuantity } from '@quickvirt/api';
import type { VirtualMachine, VirtualMachineInstance } from '@quickvirt/api';
import { controllerOf } from '@quickvirt/kube';

/** The generation of the VM that its instance was made from, or last found equal to. */
export function observedGeneration(vmi: VirtualMachineInstance): number | undefined {
  const text = vmi.metadata.annotations?.[annotations.vmGeneration];
  const generation = Number(text);
  return text !== undefined && Number.isSafeInteger(generation) ? generation : undefined;
}

/**
 * Whether the instance was made from a newer state of this VM than the cache holds: whatever that asks for is out of
 * date, and the newer state is on its way. A leader that lags must not stop what its successor has just started.
 */
export function isMadeFromNewer(vm: VirtualMachine, vmi: VirtualMachineInstance): boolean {
  return (
    controllerOf(vmi)?.uid === vm.metadata.uid && (observedGeneration(vmi) ?? 0) > (vm.metadata.generation ?? Infinity)
  );
}

/**
 * Whether the VM's template asks for something else than its instance runs with. The instance holds the template plus
 * what admission filled in, so each field of the template must be in the instance; a volume or host device that only the
 * instance has was taken out of the template. A single field that was taken out cannot be told from a default.
 */
export function templateDiffers(vm: VirtualMachine, vmi: VirtualMachineInstance): boolean {
  if (observedGeneration(vmi) === vm.metadata.generation) return false;
  const wanted = vm.spec.template.spec;
  const named = new Set((wanted?.volumes ?? []).map(({ name }) => name));
  if ((vmi.spec.volumes ?? []).some(({ name }) => !named.has(name))) return true;
  const devices = new Set((wanted?.domain.devices.hostDevices ?? []).map(({ name }) => name));
  // An instance type brings devices that the template does not name.
  const isOwn = vm.spec.instancetype === undefined;
  if (isOwn && (vmi.spec.domain.devices.hostDevices ?? []).some(({ name }) => !devices.has(name))) return true;
  return !isWithin(wanted, vmi.spec);
}

/** Whether every value of `part` is in `whole`; lists of named things are compared by name, others by position. */
function isWithin(part: unknown, whole: unknown): boolean {
  if (isEmpty(part)) return true;
  if (Array.isArray(part)) return Array.isArray(whole) && listIsWithin(part, whole);
  if (isRecord(part)) {
    return isRecord(whole) && Object.entries(part).every(([field, value]) => isWithin(value, whole[field]));
  }
  return part === whole || sameQuantity(part, whole);
}

function listIsWithin(part: readonly unknown[], whole: readonly unknown[]): boolean {
  const byName = part.every((item) => isRecord(item) && typeof item['name'] === 'string');
  if (!byName) return part.length === whole.length && part.every((item, index) => isWithin(item, whole[index]));
  return part.every((item) => {
    const name = (item as Record<string, unknown>)['name'];
    return isWithin(
      item,
      whole.find((other) => isRecord(other) && other['name'] === name),
    );
  });
}

function sameQuantity(a: unknown, b: unknown): boolean {
  const [left, right] = [tryParseQuantity(a), tryParseQuantity(b)];
  return left !== undefined && right !== undefined && compareQuantities(left, right) === 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `{}`, `[]`, null and absence are one: a server drops and adds them freely. `pod: {}` is covered by its siblings. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
