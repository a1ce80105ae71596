import { annotations, type VirtualMachine, type VirtualMachineInstanceTemplateSpec } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { noFacts, type ClusterFacts } from '../facts.ts';
import { architectureOfImage, withInferredMatchers } from '../instancetype/infer.ts';
import { findPreference } from '../instancetype/lookup.ts';
import type { AdmissionOperation, FreshIdentity } from '../request.ts';
import { withResources } from './cpu.ts';
import { withIdentity } from './identity.ts';
import { hasPcieTopology, PCI_TOPOLOGY_VERSION, withMachine } from './machine.ts';

export interface DefaultVmContext {
  operation: AdmissionOperation;
  config: ClusterConfig;
  /** What is stored; at UPDATE. */
  old?: VirtualMachine;
  fresh: FreshIdentity;
  /** Where instance types, preferences and labels of volumes come from; unknown when it is left out. */
  facts?: ClusterFacts;
}

/**
 * A VirtualMachine with what must stay the same for its whole life: firmware UUID, serial number, architecture, machine
 * type, PCI topology. They are chosen at CREATE and carried over at UPDATE when a client's replace leaves them out.
 * Only map fields are touched, never lists, so that tools that own a list see no drift. Everything else is defaulted
 * on the VirtualMachineInstance, at each start.
 */
export function defaultVm(vm: VirtualMachine, context: DefaultVmContext): VirtualMachine {
  // A rule refuses a VM without a guest; there is nothing to default then.
  if (!vm.spec?.template?.spec?.domain) return vm;
  const { facts = noFacts } = context;
  const inferred = withInferredMatchers(vm, facts);
  const wishes = wishesOf(inferred, facts);
  return {
    ...inferred,
    spec: { ...inferred.spec, template: defaultTemplate(inferred.spec.template, context, wishes) },
  };
}

/** What the VM's image and preference would like its machine to be. */
interface MachineWishes {
  architecture?: string;
  machineType?: string;
}

function wishesOf(vm: VirtualMachine, facts: ClusterFacts): MachineWishes {
  const { preference: matcher } = vm.spec;
  const preference = matcher && findPreference(matcher, vm.metadata.namespace ?? 'default', facts);
  const architecture = preference?.preferredArchitecture || architectureOfImage(vm, facts);
  const machineType = preference?.machine?.preferredMachineType;
  return { ...(architecture && { architecture }), ...(machineType && { machineType }) };
}

function defaultTemplate(
  template: VirtualMachineInstanceTemplateSpec,
  { operation, config, old, fresh }: DefaultVmContext,
  wishes: MachineWishes,
): VirtualMachineInstanceTemplateSpec {
  if (!template.spec) return template;
  const stored = old?.spec?.template;
  const machine = withMachine(template.spec, config, stored?.spec, wishes);
  const spec = withResources(withIdentity(machine, operation === 'CREATE' ? fresh : undefined, stored?.spec));
  const topology =
    template.metadata?.annotations?.[annotations.pciTopologyVersion] ??
    stored?.metadata?.annotations?.[annotations.pciTopologyVersion] ??
    (operation === 'CREATE' && hasPcieTopology(spec) ? PCI_TOPOLOGY_VERSION : undefined);
  if (topology === undefined) return { ...template, spec };
  const merged = { ...template.metadata?.annotations, [annotations.pciTopologyVersion]: topology };
  return { ...template, metadata: { ...template.metadata, annotations: merged }, spec };
}
