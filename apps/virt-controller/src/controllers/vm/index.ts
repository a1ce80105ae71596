import { randomUUID } from 'node:crypto';
import {
  virtualMachineInstances,
  virtualMachines,
  type VirtualMachine,
  type VirtualMachineInstance,
} from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import {
  controller,
  isNotFound,
  keyOf,
  type ApiError,
  type Controller,
  type ControllerOptions,
  type EffectRunner,
  type ApiClient,
  type KubeObject,
  type Reconciler,
  type EventRecorder,
} from '@quickvirt/kube';
import type { Informers } from '../../informers.ts';
import { refOf, withKind } from '../../object-ref.ts';
import { onExisting, refusable } from '../../refusal.ts';
import { confirmStart } from './confirm-start.ts';
import { decideVm, failedVm, VmWriteRefused, type VmObserved } from './decide.ts';
import type { VmEffect } from './effects.ts';
import { needsCurrentInstance } from './state-change-requests.ts';

/** What the VM controller works with. */
export interface VmControllerPorts {
  readonly client: ApiClient;
  readonly informers: Pick<Informers, 'vms' | 'vmis'>;
  readonly recorder: EventRecorder;
  readonly config: () => ClusterConfig;
  /** 0 to 1: spreads retries. Defaults to Math.random. */
  readonly random?: () => number;
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

function vmReconciler({
  client,
  informers,
  config,
  random = Math.random,
}: VmControllerPorts): Reconciler<VmObserved, VmEffect> {
  return {
    name: 'vm',
    observe: async (key) => {
      const vm = informers.vms.store.get(key);
      if (!vm) return undefined;
      return {
        vm,
        ...(await instanceOf(vm, informers.vmis.store.get(key), client)),
        config: config(),
        jitter: random(),
        fresh: { uuid: randomUUID(), serial: randomUUID() },
      };
    },
    decide: decideVm,
    failed: failedVm,
  };
}

/** The instance of the VM's name, from the cache where that serves. */
async function instanceOf(
  vm: VirtualMachine,
  cached: VirtualMachineInstance | undefined,
  client: ApiClient,
): Promise<Pick<VmObserved, 'vmi' | 'isVmiCurrent'>> {
  if (!needsCurrentInstance(vm, cached)) return { vmi: cached };
  try {
    return { vmi: await client.get(virtualMachineInstances, refOf(vm)), isVmiCurrent: true };
  } catch (error) {
    if (isNotFound(error)) return { vmi: undefined, isVmiCurrent: true };
    throw error;
  }
}

/** The VM controller's writes. */
function vmEffectRunner({ client, recorder, informers }: VmControllerPorts): EffectRunner<VmEffect> {
  const patchVm = async (vm: VirtualMachine, patch: object, subresource?: 'status'): Promise<void> => {
    const body = {
      ...patch,
      metadata: { ...unchanged(vm), ...('metadata' in patch ? (patch.metadata as object) : {}) },
    };
    informers.vms.wrote(
      await onExisting(() => client.patch(virtualMachines, refOf(vm), body, { kind: 'merge', subresource })),
    );
  };
  return async (effect) => {
    switch (effect.type) {
      case 'setFinalizers':
        await patchVm(effect.vm, { metadata: { finalizers: effect.finalizers } });
        return;
      case 'setRunStrategy':
        await patchVm(effect.vm, { spec: { runStrategy: effect.runStrategy, running: null } });
        return;
      case 'createInstance':
        await confirmStart(effect.vm, client);
        informers.vmis.wrote(
          await refusable(
            () => client.create(virtualMachineInstances, effect.vmi),
            refusedAs('FailedCreate', `cannot create instance ${keyOf(effect.vmi)}`),
          ),
        );
        return;
      case 'deleteInstance':
        await refusable(
          () => client.delete(virtualMachineInstances, refOf(effect.vmi), { uid: effect.vmi.metadata.uid }),
          refusedAs('FailedDelete', `cannot delete instance ${keyOf(effect.vmi)}`),
        );
        return;
      case 'patchInstance': {
        const patch = { metadata: { ...unchanged(effect.vmi), ...effect.metadata } };
        informers.vmis.wrote(
          await onExisting(() => client.patch(virtualMachineInstances, refOf(effect.vmi), patch, { kind: 'merge' })),
        );
        return;
      }
      case 'patchHostDevices': {
        const { hostDevices } = effect;
        const patch = { metadata: unchanged(effect.vmi), spec: { domain: { devices: { hostDevices } } } };
        informers.vmis.wrote(
          await refusable(
            () => client.patch(virtualMachineInstances, refOf(effect.vmi), patch, { kind: 'merge' }),
            refusedAs('HotplugFailed', `cannot change the host devices of instance ${keyOf(effect.vmi)}`),
          ),
        );
        return;
      }
      case 'patchStatus':
        await patchVm(effect.vm, { status: effect.status }, 'status');
        return;
      case 'event':
        recorder.event(withKind(virtualMachines, effect.vm), effect.event);
        return;
    }
  };
}

/** Preconditions of a merge patch: this very object, as it was read. */
function unchanged({ metadata }: KubeObject): { uid?: string; resourceVersion?: string } {
  return { uid: metadata.uid, resourceVersion: metadata.resourceVersion };
}

/** How a refusal shows on the VM. */
function refusedAs(reason: string, what: string): (error: ApiError) => VmWriteRefused {
  return (error) => new VmWriteRefused(reason, `${what}: ${error.message}`, { cause: error });
}
