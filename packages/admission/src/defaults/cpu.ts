import type { CPU, VirtualMachineInstanceSpec } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { architectureConfigOf } from './machine.ts';

/** The spec with a CPU model, and with one socket of one core where it names no topology at all. */
export function withCpu(spec: VirtualMachineInstanceSpec, config: ClusterConfig): VirtualMachineInstanceSpec {
  const own = spec.domain.cpu;
  const model = own?.model || architectureConfigOf(spec.architecture ?? '', config)?.cpuModel || 'host-model';
  const hasTopology = Boolean(own?.cores || own?.sockets || own?.threads);
  const topology: Partial<CPU> = hasTopology
    ? {}
    : { cores: 1, sockets: 1, threads: 1, maxSockets: own?.maxSockets ?? maxSocketsFor(config) };
  return { ...spec, domain: { ...spec.domain, cpu: { ...own, ...topology, model } } };
}

/** Sockets that a guest started with one may grow to. */
function maxSocketsFor({ liveUpdate }: ClusterConfig): number {
  return liveUpdate.maxCpuSockets ?? liveUpdate.maxHotplugRatio;
}
