import { isDeepEqual } from '@quickvirt/admission';
import type { HostDevice, VirtualMachine, VirtualMachineInstance } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import type { VmEffect } from './effects.ts';
import { observedGeneration } from './template-change.ts';

/**
 * What a change of the template does to the running guest; undefined when it does nothing, or waits for a restart.
 * @returns the writes, and the instance once they are made.
 */
export function liveUpdate(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  config: Pick<ClusterConfig, 'vmRolloutStrategy'>,
): { effects: VmEffect[]; next: VirtualMachineInstance } | undefined {
  const hostDevices = liveHostDevices(vm, vmi, config);
  if (!vmi || !hostDevices) return undefined;
  return { effects: [{ type: 'patchHostDevices', vmi, hostDevices }], next: withHostDevices(vmi, hostDevices) };
}

/**
 * The host devices that a running guest is to have by its VM's template, when they can come and go without a restart;
 * undefined when there is nothing to change, or the cluster's rollout strategy leaves changes to the next start. A device
 * that stays keeps what it was started with: its change waits for a restart.
 */
function liveHostDevices(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  config: Pick<ClusterConfig, 'vmRolloutStrategy'>,
): HostDevice[] | undefined {
  if (config.vmRolloutStrategy !== 'LiveUpdate' || vmi?.status?.phase !== 'Running') return undefined;
  if (vmi.metadata.deletionTimestamp || vm.metadata.deletionTimestamp) return undefined;
  if (observedGeneration(vmi) === vm.metadata.generation) return undefined;
  const present = vmi.spec.domain.devices.hostDevices ?? [];
  const wanted = vm.spec.template.spec?.domain.devices.hostDevices ?? [];
  // An instance type brings devices that the template does not name: none is taken for removed.
  const kept = present.filter((device) => vm.spec.instancetype !== undefined || includes(wanted, device));
  // A device of a claim was prepared with the pod, and no running pod takes a further claim.
  const added = wanted.filter((device) => !includes(present, device) && device.deviceName && !device.claimName);
  const next = [...kept, ...added];
  return isDeepEqual(next, present) ? undefined : next;
}

/** The instance once it has these host devices. */
export function withHostDevices(vmi: VirtualMachineInstance, hostDevices: HostDevice[]): VirtualMachineInstance {
  const { domain } = vmi.spec;
  return { ...vmi, spec: { ...vmi.spec, domain: { ...domain, devices: { ...domain.devices, hostDevices } } } };
}

const includes = (devices: readonly HostDevice[], { name }: HostDevice): boolean =>
  devices.some((device) => device.name === name);
