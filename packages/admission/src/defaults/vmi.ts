import { annotations, finalizers, type VirtualMachineInstance, type VirtualMachineInstanceSpec } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import type { FreshIdentity } from '../request.ts';
import { withCpu } from './cpu.ts';
import { withContainerDiskPullPolicy, withDiskTargets, withDisksOfVolumes } from './disks.ts';
import { withIdentity } from './identity.ts';
import { hasPcieTopology, PCI_TOPOLOGY_VERSION, withMachine } from './machine.ts';
import { withDefaultNetwork } from './networks.ts';
import { withGuestMemory } from './memory.ts';

export interface DefaultVmiContext {
  config: ClusterConfig;
  fresh: FreshIdentity;
}

/**
 * A VirtualMachineInstance complete for a launcher: each later stage may rely on what is filled in here. Runs at CREATE
 * only; virt-controller calls it for the VMIs it makes, which no webhook sees. Idempotent.
 */
export function defaultVmi(vmi: VirtualMachineInstance, { config, fresh }: DefaultVmiContext): VirtualMachineInstance {
  // Without a domain the schema refuses the object.
  if (!vmi.spec?.domain) return vmi;
  const steps: ((spec: VirtualMachineInstanceSpec) => VirtualMachineInstanceSpec)[] = [
    (spec) => withMachine(spec, config),
    (spec) => withIdentity(spec, { uuid: fresh.uuid, serial: '' }),
    withGuestMemory,
    withDisksOfVolumes,
    withDiskTargets,
    withContainerDiskPullPolicy,
    (spec) => withDefaultNetwork(spec, config),
    (spec) => withCpu(spec, config),
    withEnabledAcpi,
    (spec) => withEvictionStrategy(spec, config),
  ];
  const spec = steps.reduce((current, step) => step(current), vmi.spec);
  return { ...vmi, metadata: withMarks(vmi, spec), spec };
}

function withMarks(vmi: VirtualMachineInstance, spec: VirtualMachineInstanceSpec) {
  const { metadata } = vmi;
  const present = metadata.finalizers ?? [];
  const own = finalizers.virtualMachineInstance;
  return {
    ...metadata,
    finalizers: present.includes(own) ? present : [...present, own],
    ...(hasPcieTopology(spec) && {
      annotations: { [annotations.pciTopologyVersion]: PCI_TOPOLOGY_VERSION, ...metadata.annotations },
    }),
  };
}

function withEnabledAcpi(spec: VirtualMachineInstanceSpec): VirtualMachineInstanceSpec {
  const { features } = spec.domain;
  const enabled = features?.acpi?.enabled ?? spec.architecture !== 's390x';
  return { ...spec, domain: { ...spec.domain, features: { ...features, acpi: { ...features?.acpi, enabled } } } };
}

function withEvictionStrategy(spec: VirtualMachineInstanceSpec, config: ClusterConfig): VirtualMachineInstanceSpec {
  return spec.evictionStrategy ? spec : { ...spec, evictionStrategy: config.evictionStrategy };
}
