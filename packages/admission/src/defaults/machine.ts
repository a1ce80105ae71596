import type { DomainSpec, VirtualMachineInstanceSpec } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';

/** Machine type of QEMU for each architecture, where neither the object nor the cluster names one. */
const MACHINE_TYPES: Readonly<Record<string, string>> = {
  amd64: 'q35',
  arm64: 'virt',
  s390x: 's390-ccw-virtio',
};

/** How devices are spread over PCI buses; kept for the life of a VM under `annotations.pciTopologyVersion`. */
export const PCI_TOPOLOGY_VERSION = 'v3';

/** The spec with architecture and machine type filled in where they are empty. */
export function withMachine(
  spec: VirtualMachineInstanceSpec,
  config: ClusterConfig,
  stored?: VirtualMachineInstanceSpec,
): VirtualMachineInstanceSpec {
  const architecture = spec.architecture || stored?.architecture || config.defaultArchitecture;
  const type = spec.domain.machine?.type || stored?.domain.machine?.type || machineTypeOf(architecture, config);
  const domain: DomainSpec = type ? { ...spec.domain, machine: { ...spec.domain.machine, type } } : spec.domain;
  return { ...spec, architecture, domain };
}

/** Undefined for an architecture that we know no machine of: a rule refuses it then. */
function machineTypeOf(architecture: string, config: ClusterConfig): string | undefined {
  return config.machineTypes[architecture] ?? MACHINE_TYPES[architecture];
}

/** Whether machines of this type have PCI Express, whose topology the annotation fixes. */
export function hasPcieTopology(spec: VirtualMachineInstanceSpec): boolean {
  return /^(pc-)?q35|^virt/.test(spec.domain.machine?.type ?? '');
}
