import type { DomainSpec, VirtualMachineInstanceSpec } from '@quickvirt/api';
import type { ArchitectureConfig, ClusterConfig } from '@quickvirt/config';

/** How devices are spread over PCI buses; kept for the life of a VM under `annotations.pciTopologyVersion`. */
export const PCI_TOPOLOGY_VERSION = 'v3';

/** The spec with architecture and machine type filled in where they are empty. */
export function withMachine(
  spec: VirtualMachineInstanceSpec,
  config: ClusterConfig,
  stored?: VirtualMachineInstanceSpec,
  wishes: { architecture?: string; machineType?: string } = {},
): VirtualMachineInstanceSpec {
  const architecture = spec.architecture || stored?.architecture || wishes.architecture || config.defaultArchitecture;
  const type =
    spec.domain.machine?.type ||
    stored?.domain.machine?.type ||
    wishes.machineType ||
    architectureConfigOf(architecture, config)?.machineType;
  const domain: DomainSpec = type ? { ...spec.domain, machine: { ...spec.domain.machine, type } } : spec.domain;
  return { ...spec, architecture, domain };
}

/** Settings of an architecture; undefined for one that we know nothing of: a rule refuses it then. */
export function architectureConfigOf(architecture: string, config: ClusterConfig): ArchitectureConfig | undefined {
  const known: Readonly<Record<string, ArchitectureConfig>> = config.architectures;
  return Object.hasOwn(known, architecture) ? known[architecture] : undefined;
}

/** Whether machines of this type have PCI Express, whose topology the annotation fixes. */
export function hasPcieTopology(spec: VirtualMachineInstanceSpec): boolean {
  return /^(pc-)?q35|^virt/.test(spec.domain.machine?.type ?? '');
}
