import { finalizers } from '@quickvirt/api';
import type { AdmissionRequest, MutatingHook } from '@quickvirt/admission';
import { hasFinalizer, isDeleting, type KubeObject } from '@quickvirt/kube';

/**
 * A VirtualMachine that is created holds virt-controller's finalizer from the first: without it a VM that is deleted
 * early could leave its instance behind, and virt-controller would need a write of its own for each new VM.
 */
export function withVmHeld(hook: MutatingHook, { operation }: AdmissionRequest<unknown>, object: unknown): unknown {
  if (operation !== 'CREATE' || hook.resource !== 'virtualmachines') return object;
  const vm = object as Partial<KubeObject>;
  if (typeof vm.metadata !== 'object' || vm.metadata === null) return object;
  const { metadata } = vm;
  if (isDeleting({ metadata }) || hasFinalizer({ metadata }, finalizers.virtualMachine)) return object;
  return { ...vm, metadata: { ...metadata, finalizers: [...(metadata.finalizers ?? []), finalizers.virtualMachine] } };
}
