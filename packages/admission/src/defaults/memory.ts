import { formatQuantity, quantityOf, type VirtualMachineInstanceSpec } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { bytesOf, memoryHotplugProblem } from '../memory-hotplug.ts';

/** The spec with `memory.guest`: its own, else what is requested of the pod, else the pod's limit, else one huge page. */
export function withGuestMemory(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  const { memory, resources } = spec.domain;
  const guest =
    memory?.guest ?? resources?.requests?.['memory'] ?? resources?.limits?.['memory'] ?? memory?.hugepages?.pageSize;
  if (guest === undefined || guest === memory?.guest) return spec;
  return { ...spec, domain: { ...spec.domain, memory: { ...memory, guest } } };
}

/** The spec with the memory that the guest may grow to while it runs, where it can grow at all. */
export function withMaxGuest(spec: VirtualMachineInstanceSpec, config: ClusterConfig): VirtualMachineInstanceSpec {
  const { memory } = spec.domain;
  const guest = bytesOf(memory?.guest);
  if (memory?.maxGuest !== undefined || guest === undefined || config.vmRolloutStrategy !== 'LiveUpdate') return spec;
  const { maxGuestBytes, maxHotplugRatio } = config.liveUpdate;
  const bytes = maxGuestBytes === undefined ? guest * BigInt(maxHotplugRatio) : BigInt(maxGuestBytes);
  if (memoryHotplugProblem(spec, bytes) !== undefined) return spec;
  return { ...spec, domain: { ...spec.domain, memory: { ...memory, maxGuest: formatQuantity(quantityOf(bytes)) } } };
}
