import { milliUnits, tryParseQuantity, type CPU, type Quantity, type VirtualMachineInstanceSpec } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { architectureConfigOf } from './machine.ts';

/** More vCPUs than this are not planned for at start: each costs memory in the guest even while it is absent. */
const maxVcpus = 512;

/** The CPU request that the cluster has when its owner said nothing of it; launcher pods get it without our help. */
const builtInCpuRequest = '100m';

/** The spec with a CPU model, and with a topology where it names none: a socket for each CPU of limits or requests. */
export function withCpu(spec: VirtualMachineInstanceSpec, config: ClusterConfig): VirtualMachineInstanceSpec {
  const own = spec.domain.cpu;
  const model = own?.model || architectureConfigOf(spec.architecture ?? '', config)?.cpuModel || 'host-model';
  const hasTopology = Boolean(own?.cores || own?.sockets || own?.threads);
  const topology: CPU = hasTopology ? { ...own } : { ...own, cores: 1, sockets: socketsOfResources(spec), threads: 1 };
  return { ...spec, domain: { ...spec.domain, cpu: { ...topology, ...maxSocketsOf(topology, spec, config), model } } };
}

function socketsOfResources({ domain }: VirtualMachineInstanceSpec): number {
  const { requests = {}, limits = {} } = domain.resources ?? {};
  return wholeCpus(limits.cpu) || wholeCpus(requests.cpu) || 1;
}

/** CPUs of a quantity, rounded up; 0 where it is none or too many for a guest. */
function wholeCpus(quantity: Quantity | undefined): number {
  const parsed = quantity === undefined ? undefined : tryParseQuantity(quantity);
  const cpus = parsed ? (milliUnits(parsed) + 999n) / 1000n : 0n;
  return cpus > 0n && cpus <= BigInt(maxVcpus) ? Number(cpus) : 0;
}

/** Sockets that the guest may grow to while it runs, where machines of its architecture can. */
function maxSocketsOf(
  { sockets = 0, cores = 0, threads = 0, maxSockets }: CPU,
  { architecture }: VirtualMachineInstanceSpec,
  { liveUpdate, vmRolloutStrategy }: ClusterConfig,
): Pick<CPU, 'maxSockets'> {
  if (maxSockets || sockets === 0 || architecture === 'arm64' || vmRolloutStrategy !== 'LiveUpdate') return {};
  if (liveUpdate.maxCpuSockets) return { maxSockets: Math.max(liveUpdate.maxCpuSockets, sockets) };
  const grown = sockets * liveUpdate.maxHotplugRatio;
  // A part of the topology that is left out counts as nothing here, as KubeVirt has it.
  if (grown * cores * threads <= maxVcpus) return { maxSockets: grown };
  return { maxSockets: Math.max(Math.floor(maxVcpus / (cores * threads)), sockets) };
}

/** The spec with `resources`, and in them a CPU request where its limit or the cluster's owner says one. */
export function withCpuRequest(spec: VirtualMachineInstanceSpec, config: ClusterConfig): VirtualMachineInstanceSpec {
  const { resources, cpu } = spec.domain;
  const request = resources?.requests?.cpu ?? resources?.limits?.cpu ?? clusterRequest(cpu, config);
  if (request === undefined || request === resources?.requests?.cpu) return withResources(spec);
  const requests = { ...resources?.requests, cpu: request };
  return { ...spec, domain: { ...spec.domain, resources: { ...resources, requests } } };
}

function clusterRequest(cpu: CPU | undefined, { cpuRequest }: ClusterConfig): string | undefined {
  return cpu?.dedicatedCpuPlacement || cpuRequest === builtInCpuRequest ? undefined : cpuRequest;
}

/** The spec with `resources`, empty where there were none: clients of KubeVirt read it without asking. */
export function withResources(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  return spec.domain.resources ? spec : { ...spec, domain: { ...spec.domain, resources: {} } };
}
