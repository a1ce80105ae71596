import type { HostDevice, VirtualMachine, VirtualMachineInstance, VirtualMachineStatus } from '@quickvirt/api';
import type { RecordedEvent } from '@quickvirt/kube';

/** What the VM controller may do, one entry a write. */
export type VmEffect =
  /** Sets the VM's finalizers; refused when the VM changed since it was read. */
  | { type: 'setFinalizers'; vm: VirtualMachine; finalizers: string[] }
  /** Carries out a paused start of a halted VM: the request cannot be kept in any other way. */
  | { type: 'setRunStrategy'; vm: VirtualMachine; runStrategy: 'Always' }
  | { type: 'createInstance'; vm: VirtualMachine; vmi: VirtualMachineInstance }
  | { type: 'deleteInstance'; vm: VirtualMachine; vmi: VirtualMachineInstance }
  /** Merges into the instance's metadata; refused when the instance changed since it was read. */
  | { type: 'patchInstance'; vmi: VirtualMachineInstance; metadata: InstanceMetadataPatch }
  /** Gives a running guest's instance other host devices; refused when the instance changed since it was read. */
  | { type: 'patchHostDevices'; vmi: VirtualMachineInstance; hostDevices: HostDevice[] }
  | { type: 'event'; vm: VirtualMachine; event: RecordedEvent }
  /** Merges into the VM's status: null removes a field. Refused when the VM changed since it was read. */
  | { type: 'patchStatus'; vm: VirtualMachine; status: VmStatusPatch };

type InstanceMetadataPatch = Partial<
  Pick<VirtualMachineInstance['metadata'], 'annotations' | 'finalizers' | 'ownerReferences'>
>;

/** The fields of a VM's status that change, in JSON merge patch form (RFC 7396). */
export type VmStatusPatch = { [Field in keyof VirtualMachineStatus]?: VirtualMachineStatus[Field] | null };
