import { virtualMachineInstances, virtualMachines, type VirtualMachine } from '@quickvirt/api';
import { ApiError, keyOf, pods, type JsonPatchOperation, type ResourceType } from '@quickvirt/kube';
import { decideRestart, decideStart, decideStop } from '../../apps/virt-api/src/subresources/power.ts';
import type { UserAction } from './plan.ts';
import type { Overseer } from './overseer.ts';
import type { World } from './world/world.ts';

/** Where all VMs live. */
const USER_NAMESPACE = 'default';

/** Carries out what a user asks for, as kubectl and virt-api would; answers whether it was accepted. */
export function act(world: World, overseer: Overseer, action: UserAction): boolean {
  const { api } = world;
  const ref = { name: action.vm, namespace: USER_NAMESPACE };
  const vm = api.find(virtualMachines, ref);
  if (action.type === 'create') {
    if (vm) return false;
    api.create(virtualMachines, newVm(action));
    return true;
  }
  if (!vm) return false;
  switch (action.type) {
    case 'setStrategy':
      if (vm.metadata.deletionTimestamp) return false;
      api.patch(virtualMachines, ref, { spec: { runStrategy: action.strategy } }, { kind: 'merge' });
      return true;
    case 'delete':
      api.delete(virtualMachines, ref);
      return true;
    case 'deleteInstance': {
      const vmi = api.find(virtualMachineInstances, ref);
      if (!vmi) return false;
      overseer.recordOf(keyOf(vmi)).instanceToGo(vmi.metadata.uid ?? '');
      api.delete(virtualMachineInstances, ref);
      return true;
    }
    case 'deletePod':
    case 'forcePod':
      return deletePodOf(world, overseer, action);
    default:
      return askVirtApi(world, overseer, vm, action.type);
  }
}

function askVirtApi(world: World, overseer: Overseer, vm: VirtualMachine, verb: 'start' | 'stop' | 'restart'): boolean {
  const decide = { start: decideStart, stop: decideStop, restart: decideRestart }[verb];
  const { name = '', namespace } = vm.metadata;
  const vmi = world.api.find(virtualMachineInstances, { name, namespace });
  const answer = decide({ vm, ...(vmi && { vmi }) }, {});
  if (answer.type !== 'writes' || vm.metadata.deletionTimestamp) return false;
  for (const write of answer.writes) {
    if (write.verb !== 'PATCH') throw new Error(`${verb} makes objects: teach the simulation`);
    const type = (
      write.resource.plural === 'virtualmachines' ? virtualMachines : virtualMachineInstances
    ) as ResourceType;
    const patch: JsonPatchOperation[] = write.patch;
    const { subresource } = write;
    world.api.patch(type, write, patch, { kind: 'json', ...(subresource && { subresource }) });
    if (subresource === 'status') overseer.recordOf(keyOf(vm)).asked(verb, world.api.version, vmi?.metadata.uid);
  }
  return true;
}

/** `kubectl delete pod`, or with `--force`: the object goes at once, whatever runs. */
function deletePodOf(
  world: World,
  overseer: Overseer,
  { type, vm }: { type: 'deletePod' | 'forcePod'; vm: string },
): boolean {
  const pod = world.api.list(pods).find(({ metadata }) => metadata.name?.startsWith(`virt-launcher-${vm}-`));
  if (!pod) return false;
  const force = type === 'forcePod';
  if (force) overseer.podForced(pod.metadata.uid ?? '');
  try {
    const { name = '', namespace } = pod.metadata;
    world.api.delete(pods, { name, namespace }, force ? { gracePeriodSeconds: 0 } : {});
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return false;
  }
  return true;
}

function newVm({ vm, strategy, grace }: UserAction & { type: 'create' }): VirtualMachine {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachine',
    metadata: { name: vm, namespace: USER_NAMESPACE },
    spec: {
      runStrategy: strategy,
      template: {
        spec: {
          architecture: 'amd64',
          terminationGracePeriodSeconds: grace,
          domain: { devices: { autoattachPodInterface: false }, machine: { type: 'q35' }, memory: { guest: '64Mi' } },
        },
      },
    },
  };
}
