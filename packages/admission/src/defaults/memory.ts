import type { VirtualMachineInstanceSpec } from '@quickvirt/api';

/** The spec with `memory.guest`: its own, else what is requested of the pod, else the pod's limit, else one huge page. */
export function withGuestMemory(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  const { memory, resources } = spec.domain;
  const guest =
    memory?.guest ?? resources?.requests?.['memory'] ?? resources?.limits?.['memory'] ?? memory?.hugepages?.pageSize;
  if (guest === undefined || guest === memory?.guest) return spec;
  return { ...spec, domain: { ...spec.domain, memory: { ...memory, guest } } };
}
