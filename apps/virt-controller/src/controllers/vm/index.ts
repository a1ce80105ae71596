import { randomUUID } from 'node:crypto';
import { virtualMachineInstances, virtualMachines, type VirtualMachine } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import {
  ApiError,
  controller,
  nameOfKey,
  keyOf,
  type Controller,
  type ControllerOptions,
  type EffectRunner,
  type KubeClient,
  type KubeObject,
  type ObjectName,
  type Reconciler,
  type Recorder,
} from '@quickvirt/kube';
import type { Informers } from '../../informers.ts';
import { decideVm, failedVm, VmWriteRefused, type VmObserved } from './decide.ts';
import type { VmEffect } from './effects.ts';

/** What the VM controller works with. */
export interface VmControllerPorts {
  readonly client: KubeClient;
  readonly informers: Pick<Informers, 'vms' | 'vmis'>;
  readonly recorder: Recorder;
  readonly config: () => ClusterConfig;
}

/** Keeps each VirtualMachine's instance as its run strategy wants it, and its status true. */
export function vmController(ports: VmControllerPorts, options: ControllerOptions): Controller {
  const { vms, vmis } = ports.informers;
  return (
    controller('vm', options)
      .for(vms)
      // An instance has its VM's name, also one that the VM does not own yet.
      .watches(vmis, (vmi) => [keyOf(vmi)])
      .reconciles(vmReconciler(ports), vmEffectRunner(ports))
  );
}

function vmReconciler({ informers, config }: VmControllerPorts): Reconciler<VmObserved, VmEffect> {
  return {
    name: 'vm',
    observe: (key) => {
      const vm = informers.vms.store.get(key);
      if (!vm) return Promise.resolve(undefined);
      return Promise.resolve({
        vm,
        vmi: informers.vmis.store.get(key),
        config: config(),
        jitter: Math.random(),
        fresh: { uuid: randomUUID(), serial: randomUUID() },
      });
    },
    decide: decideVm,
    failed: failedVm,
  };
}

/** The VM controller's writes. */
export function vmEffectRunner({
  client,
  recorder,
}: Pick<VmControllerPorts, 'client' | 'recorder'>): EffectRunner<VmEffect> {
  const merge = (type: typeof virtualMachines | typeof virtualMachineInstances, object: KubeObject, patch: object) =>
    client.patch(type as typeof virtualMachines, nameOf(object), patch, { kind: 'merge' });
  return async (effect) => {
    switch (effect.type) {
      case 'setFinalizers':
        await merge(virtualMachines, effect.vm, {
          metadata: { ...unchanged(effect.vm), finalizers: effect.finalizers },
        });
        return;
      case 'setRunStrategy':
        await merge(virtualMachines, effect.vm, {
          metadata: unchanged(effect.vm),
          spec: { runStrategy: effect.runStrategy, running: null },
        });
        return;
      case 'createInstance':
        await refusedAs('FailedCreate', `cannot create instance ${keyOf(effect.vmi)}`, () =>
          client.create(virtualMachineInstances, effect.vmi),
        );
        return;
      case 'deleteInstance':
        await refusedAs('FailedDelete', `cannot delete instance ${keyOf(effect.vmi)}`, () =>
          client.delete(virtualMachineInstances, nameOf(effect.vmi), { uid: effect.vmi.metadata.uid }),
        );
        return;
      case 'patchInstance':
        await merge(virtualMachineInstances, effect.vmi, {
          metadata: { ...unchanged(effect.vmi), ...effect.metadata },
        });
        return;
      case 'patchStatus':
        await client.patch(
          virtualMachines,
          nameOf(effect.vm),
          { metadata: unchanged(effect.vm), status: effect.status },
          { kind: 'merge', subresource: 'status' },
        );
        return;
      case 'event':
        recorder.event(regarding(effect.vm), effect.event);
        return;
    }
  };
}

/** Preconditions of a merge patch: this very object, as it was read. */
function unchanged({ metadata }: KubeObject): { uid?: string; resourceVersion?: string } {
  return { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
}

function nameOf(object: KubeObject): ObjectName {
  return nameOfKey(keyOf(object));
}

/** Objects out of a list carry no kind of their own. */
function regarding(vm: VirtualMachine): KubeObject {
  return { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', metadata: vm.metadata };
}

async function refusedAs(reason: string, what: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof ApiError) || error.isConflict || error.isAlreadyExists) throw error;
    throw new VmWriteRefused(reason, `${what}: ${error.message}`, { cause: error });
  }
}
