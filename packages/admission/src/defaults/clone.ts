import type { VirtualMachineClone } from '@quickvirt/api';
import type { FreshIdentity } from '../request.ts';

/** A clone with a target: a VirtualMachine named after its source, where the client names none. */
export function defaultClone(clone: VirtualMachineClone, { uuid }: FreshIdentity): VirtualMachineClone {
  const { source, target } = clone.spec ?? {};
  if (!source || target?.name) return clone;
  const name = `clone-${source.name}-${uuid.slice(0, 5)}`;
  return {
    ...clone,
    spec: { ...clone.spec, target: { apiGroup: 'kubevirt.io', kind: 'VirtualMachine', ...target, name } },
  };
}
