import { annotations, finalizers, type VirtualMachineInstance, type VirtualMachineInstanceSpec } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { noFacts, type ClusterFacts } from '../facts.ts';
import type { FreshIdentity } from '../request.ts';
import { withCpu, withCpuRequest } from './cpu.ts';
import { withDevices } from './devices.ts';
import { withContainerDiskPullPolicy, withDiskTargets, withDisksOfVolumes } from './disks.ts';
import { withFeatures, withTimers } from './features.ts';
import { withBootloader } from './firmware.ts';
import { withIdentity } from './identity.ts';
import { hasPcieTopology, PCI_TOPOLOGY_VERSION, withMachine } from './machine.ts';
import { withDefaultNetwork } from './networks.ts';
import { withGuestMemory, withMaxGuest } from './memory.ts';
import { withPresets } from './preset.ts';
import { withProbeTiming } from './probes.ts';

export interface DefaultVmiContext {
  config: ClusterConfig;
  fresh: FreshIdentity;
  /** Where presets come from; none when it is left out. */
  facts?: ClusterFacts;
}

/**
 * A VirtualMachineInstance complete for a launcher: each later stage may rely on what is filled in here. Runs at CREATE
 * only; virt-controller calls it for the VMIs it makes, which no webhook sees. Idempotent.
 */
export function defaultVmi(
  vmi: VirtualMachineInstance,
  { config, fresh, facts = noFacts }: DefaultVmiContext,
): VirtualMachineInstance {
  const preset = withPresets(vmi, facts);
  const steps: ((spec: VirtualMachineInstanceSpec) => VirtualMachineInstanceSpec)[] = [
    (spec) => withMachine(spec, config),
    (spec) => withIdentity(spec, { uuid: fresh.uuid, serial: '' }),
    (spec) => withCpu(spec, config),
    (spec) => withCpuRequest(spec, config),
    withGuestMemory,
    withFeatures,
    withTimers,
    withBootloader,
    (spec) => withMaxGuest(spec, config),
    withDisksOfVolumes,
    withDiskTargets,
    withContainerDiskPullPolicy,
    withDevices,
    withProbeTiming,
    (spec) => withDefaultNetwork(spec, config),
    (spec) => withEvictionStrategy(spec, config),
  ];
  const spec = steps.reduce((current, step) => step(current), preset.spec);
  return { ...preset, metadata: withMarks(preset, spec, config), spec };
}

function withMarks(vmi: VirtualMachineInstance, spec: VirtualMachineInstanceSpec, { tdx }: ClusterConfig) {
  const { metadata } = vmi;
  const present = metadata.finalizers ?? [];
  const own = finalizers.virtualMachineInstance;
  const marks = {
    ...(hasPcieTopology(spec) && { [annotations.pciTopologyVersion]: PCI_TOPOLOGY_VERSION }),
    ...(spec.domain.launchSecurity?.tdx && { [annotations.qgsSocketPath]: tdx.qgsSocketPath }),
  };
  return {
    ...metadata,
    finalizers: present.includes(own) ? present : [...present, own],
    ...(Object.keys(marks).length > 0 && { annotations: { ...marks, ...metadata.annotations } }),
  };
}

function withEvictionStrategy(spec: VirtualMachineInstanceSpec, config: ClusterConfig): VirtualMachineInstanceSpec {
  return spec.evictionStrategy ? spec : { ...spec, evictionStrategy: config.evictionStrategy };
}
