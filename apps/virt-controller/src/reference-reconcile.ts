import type { KubeVirt, VirtualMachine, VirtualMachineInstance, VirtualMachineStatus } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { keyOf, type KubeObject } from '@quickvirt/kube';
import { decideVm } from './controllers/vm/decide.ts';
import type { VmEffect } from './controllers/vm/effects.ts';
import { statusAfter } from './controllers/vm/status.ts';

/** A reference case of the area `reconcile`: the whole cluster as the VM controller sees it. */
export interface ReconcileCase {
  readonly world: readonly KubeObject[];
}

/** One request to the API server. */
interface ReferenceWrite {
  readonly verb: 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

/** What a case gives: writes, and events as [type, reason]. */
export interface ReconcileOutcome {
  readonly writes: ReferenceWrite[];
  readonly events: [type: string, reason: string][];
}

/** Time of all cases: the reference was taken in 2026, with retries due in 2020 and in 2099. */
const NOW = new Date('2026-08-01T00:00:00Z');
const FRESH = { uuid: '0f0e0d0c-0b0a-4908-8706-050403020100', serial: '0f0e0d0c-0b0a-4908-8706-050403020100' };

/** Runs one look of the VM controller at VM `default/a`. A status write is given as the whole status that it leads to. */
export function reconcileCase(input: ReconcileCase, kubevirt: KubeVirt | undefined): ReconcileOutcome {
  const find = <T extends KubeObject>(kind: string) =>
    input.world.find((object) => object.kind === kind && keyOf(object) === 'default/a') as T | undefined;
  const vm = find<VirtualMachine>('VirtualMachine');
  if (!vm) throw new Error('the case has no VirtualMachine default/a');
  const plan = decideVm(
    {
      vm,
      vmi: find<VirtualMachineInstance>('VirtualMachineInstance'),
      config: clusterConfigFrom(kubevirt),
      jitter: 0,
      fresh: FRESH,
    },
    NOW,
  );
  const events = plan.effects.flatMap((effect): [string, string][] =>
    effect.type === 'event' ? [[effect.event.type, effect.event.reason]] : [],
  );
  const status = statusAfter(vm, plan.status, NOW);
  return { writes: plan.effects.flatMap((effect) => writeOf(effect, status)), events };
}

function writeOf(effect: VmEffect, status: VirtualMachineStatus): ReferenceWrite[] {
  const vms = '/apis/kubevirt.io/v1/namespaces/default/virtualmachines/a';
  const vmis = '/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances';
  switch (effect.type) {
    case 'setFinalizers':
      return [{ verb: 'PATCH', path: vms, body: { metadata: { finalizers: effect.finalizers } } }];
    case 'setRunStrategy':
      return [{ verb: 'PATCH', path: vms, body: { spec: { runStrategy: effect.runStrategy } } }];
    case 'createInstance':
      return [{ verb: 'POST', path: vmis, body: effect.vmi }];
    case 'deleteInstance':
      return [{ verb: 'DELETE', path: `${vmis}/a` }];
    case 'patchInstance':
      return [{ verb: 'PATCH', path: `${vmis}/a`, body: { metadata: effect.metadata } }];
    case 'patchHostDevices': {
      const { hostDevices } = effect;
      return [{ verb: 'PATCH', path: `${vmis}/a`, body: { spec: { domain: { devices: { hostDevices } } } } }];
    }
    case 'patchStatus':
      return [{ verb: 'PATCH', path: `${vms}/status`, body: { status } }];
    case 'event':
      return [];
  }
}
