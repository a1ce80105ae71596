import {
  annotations,
  finalizers,
  virtualMachines,
  type VirtualMachine,
  type VirtualMachineInstance,
} from '@quickvirt/api';
import { controllerOf, controllerReference, hasFinalizer } from '@quickvirt/kube';
import { isFinal, needsToSeeEnd } from '../vmi-lifecycle.ts';
import type { VmEffect } from './effects.ts';
import { instanceCreated, instanceDeleted } from './events.ts';
import { observedGeneration } from './template-change.ts';

type Instance = VirtualMachineInstance | undefined;

/** Finalizers and ownership: a VM outlives its instance, and adopts one of its name that nobody owns. */
export function identityEffects(vm: VirtualMachine, vmi: Instance): VmEffect[] {
  const { deletionTimestamp, finalizers: present = [] } = vm.metadata;
  const own: string = finalizers.virtualMachine;
  const held = hasFinalizer(vm, own);
  if (deletionTimestamp) {
    return held && (!vmi || leavesInstance(vm))
      ? [{ type: 'setFinalizers', vm, finalizers: present.filter((name) => name !== own) }]
      : [];
  }
  const effects: VmEffect[] = held ? [] : [{ type: 'setFinalizers', vm, finalizers: [...present, own] }];
  if (vmi && !controllerOf(vmi) && !vmi.metadata.deletionTimestamp) {
    const ownerReferences = [...(vmi.metadata.ownerReferences ?? []), controllerReference(vm, virtualMachines)];
    // It was made from another VM, if from any: that one's generations say nothing about this one.
    const unknown = { [annotations.vmGeneration]: '0' };
    effects.push({ type: 'patchInstance', vmi, metadata: { ownerReferences, annotations: unknown } });
  }
  return effects;
}

/** Whether the VM is deleted with `--cascade=orphan`: the garbage collector takes the ownership off, the guest runs on. */
export function leavesInstance(vm: VirtualMachine): boolean {
  return vm.metadata.deletionTimestamp !== undefined && hasFinalizer(vm, 'orphan');
}

/** Starting and stopping, with the events that tell of it. */
export function runEffects(
  vm: VirtualMachine,
  plan: { created: Instance; deleted: Instance; startAlways: boolean },
): VmEffect[] {
  if (plan.startAlways) return [{ type: 'setRunStrategy', vm, runStrategy: 'Always' }];
  if (plan.created) {
    return [
      { type: 'createInstance', vm, vmi: plan.created },
      { type: 'event', vm, event: instanceCreated(plan.created.metadata.name ?? '') },
    ];
  }
  if (plan.deleted) {
    return [
      { type: 'deleteInstance', vm, vmi: plan.deleted },
      { type: 'event', vm, event: instanceDeleted(plan.deleted.metadata.uid ?? '') },
    ];
  }
  return [];
}

/** An instance that runs by the current template is told so, when only other parts of the VM changed. */
export function generationEffects(vm: VirtualMachine, vmi: Instance, differs: boolean): VmEffect[] {
  if (!vmi || differs || isFinal(vmi) || vmi.metadata.deletionTimestamp || vm.metadata.deletionTimestamp) return [];
  const { generation } = vm.metadata;
  if (generation === undefined || observedGeneration(vmi) === generation) return [];
  return [
    { type: 'patchInstance', vmi, metadata: { annotations: { [annotations.vmGeneration]: String(generation) } } },
  ];
}

/** Lets a deleted, ended instance go; to be asked only when the VM's status holds what must be known of its end. */
export function releaseEffects(vm: VirtualMachine, vmi: Instance): VmEffect[] {
  if (!vmi?.metadata.deletionTimestamp || !needsToSeeEnd(vm)) return [];
  const own: string = finalizers.virtualMachine;
  if (!hasFinalizer(vmi, own)) return [];
  // Without the other finalizer no pod is left: the guest has ended even if its last phase was never written, and nothing
  // comes to the last words of one that failed.
  const mayTellMore = !isFinal(vmi) || vmi.status?.phase === 'Failed';
  if (mayTellMore && hasFinalizer(vmi, finalizers.virtualMachineInstance)) return [];
  const kept = (vmi.metadata.finalizers ?? []).filter((name) => name !== own);
  return [{ type: 'patchInstance', vmi, metadata: { finalizers: kept } }];
}
