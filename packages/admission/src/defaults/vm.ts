import { annotations, type VirtualMachine, type VirtualMachineInstanceTemplateSpec } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import type { AdmissionOperation, FreshIdentity } from '../request.ts';
import { withIdentity } from './identity.ts';
import { hasPcieTopology, PCI_TOPOLOGY_VERSION, withMachine } from './machine.ts';

export interface DefaultVmContext {
  operation: AdmissionOperation;
  config: ClusterConfig;
  /** What is stored; at UPDATE. */
  old?: VirtualMachine;
  fresh: FreshIdentity;
}

/**
 * A VirtualMachine with what must stay the same for its whole life: firmware UUID, serial number, architecture, machine
 * type, PCI topology. They are chosen at CREATE and carried over at UPDATE when a client's replace leaves them out.
 * Only map fields are touched, never lists, so that tools that own a list see no drift. Everything else is defaulted
 * on the VirtualMachineInstance, at each start.
 */
export function defaultVm(vm: VirtualMachine, context: DefaultVmContext): VirtualMachine {
  // The schema or a rule refuses a VM without a template; there is nothing to default then.
  if (!vm.spec?.template?.spec?.domain) return vm;
  return { ...vm, spec: { ...vm.spec, template: defaultTemplate(vm.spec.template, context) } };
}

function defaultTemplate(
  template: VirtualMachineInstanceTemplateSpec,
  { operation, config, old, fresh }: DefaultVmContext,
): VirtualMachineInstanceTemplateSpec {
  if (!template.spec) return template;
  const stored = old?.spec?.template;
  const machine = withMachine(template.spec, config, stored?.spec);
  const spec = withIdentity(machine, operation === 'CREATE' ? fresh : undefined, stored?.spec);
  const topology =
    template.metadata?.annotations?.[annotations.pciTopologyVersion] ??
    stored?.metadata?.annotations?.[annotations.pciTopologyVersion] ??
    (operation === 'CREATE' && hasPcieTopology(spec) ? PCI_TOPOLOGY_VERSION : undefined);
  if (topology === undefined) return { ...template, spec };
  const merged = { ...template.metadata?.annotations, [annotations.pciTopologyVersion]: topology };
  return { ...template, metadata: { ...template.metadata, annotations: merged }, spec };
}
