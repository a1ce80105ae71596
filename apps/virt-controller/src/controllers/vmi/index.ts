import { annotations, virtualMachineInstances, type VirtualMachine, type VirtualMachineInstance } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import {
  controller,
  controllerOf,
  isNotFound,
  keyOf,
  pods,
  type Controller,
  type ControllerOptions,
  type CoreEvent,
  type EffectRunner,
  type ApiClient,
  type Clock,
  type ObjectName,
  type Pod,
  type Reconciler,
  type EventRecorder,
  type ResourceQuota,
} from '@quickvirt/kube';
import { launcherPodName, renderLauncherPod } from '@quickvirt/launcher-pod';
import { BY_POD_UID, type Informers } from '../../informers.ts';
import { applyVmiStatus } from '../../apply-vmi-status.ts';
import { refOf, withKind } from '../../object-ref.ts';
import { onExisting, refusable } from '../../refusal.ts';
import { instancesOn, type NodeLives } from '../node/index.ts';
import { DepartedPods } from './departed-pods.ts';
import { decideVmi, failedVmi, PodRefused, type VmiObserved } from './decide.ts';
import type { VmiEffect } from './effects.ts';
import { renderOptionsFor } from './render-options.ts';
import { isStray } from './stray-pod.ts';

/** What the VMI controller works with. */
export interface VmiControllerPorts {
  readonly client: ApiClient;
  readonly informers: Pick<Informers, 'vms' | 'vmis' | 'pods' | 'mountFailures' | 'resourceQuotas' | 'kubevirts'>;
  readonly recorder: EventRecorder;
  readonly config: () => ClusterConfig;
  readonly launcherImage: string;
  /** What is believed of nodes; nodeController keeps it. */
  readonly lives: NodeLives;
}

const FIELD_MANAGER = 'virt-controller';

/** Gives each instance its launcher pod, follows it to the hand-over to a node, and judges its end. */
export function vmiController(ports: VmiControllerPorts, options: ControllerOptions): Controller {
  const { vms, vmis, pods: launcherPods, mountFailures, resourceQuotas, kubevirts } = ports.informers;
  const podOfEvent = ({ involvedObject }: CoreEvent) =>
    launcherPods.store.get(`${involvedObject.namespace}/${involvedObject.name}`);
  // Another configuration may allow what this one refused.
  const withoutPod = () => vmis.store.list().filter(({ status }) => !status?.phase || status.phase === 'Pending');
  const made = controller('vmi', options)
    .for(vmis)
    .owns(launcherPods)
    .watches(
      vms,
      (vm) => [keyOf(vm)],
      (change) => change.type === 'deleted' || letsGoDiffers(change),
    )
    .watches(mountFailures, (event) => {
      const pod = podOfEvent(event);
      const owner = pod && controllerOf(pod);
      return owner ? [`${event.involvedObject.namespace}/${owner.name}`] : [];
    })
    .watches(kubevirts, () => withoutPod().map(keyOf))
    .watches(
      resourceQuotas,
      ({ metadata }) =>
        withoutPod()
          .filter((vmi) => vmi.metadata.namespace === metadata.namespace)
          .map(keyOf),
      // Its status changes with every pod of the namespace; pods that it refuses are tried again anyway.
      (change) => change.type === 'deleted' || countedLimits(change.object) !== countedLimits(change.previous),
    )
    .reconciles(vmiReconciler(ports, options.clock), vmiEffectRunner(ports));
  ports.lives.subscribe((nodeName) => {
    for (const key of instancesOn(nodeName, ports.informers)) made.enqueue(key);
  });
  return made;
}

/** Whether a VM's change can decide if its ended instance may go. */
function letsGoDiffers({ object, previous }: { object: VirtualMachine; previous?: VirtualMachine }): boolean {
  return (
    object.spec.runStrategy !== previous?.spec.runStrategy ||
    object.spec.running !== previous?.spec.running ||
    object.metadata.deletionTimestamp !== previous?.metadata.deletionTimestamp
  );
}

const countedLimits = (quota: ResourceQuota | undefined): string => Object.keys(quota?.spec?.hard ?? {}).join();

function vmiReconciler(ports: VmiControllerPorts, clock: Clock | undefined): Reconciler<VmiObserved, VmiEffect> {
  const { vms, vmis } = ports.informers;
  const departed = new DepartedPods(ports.informers.pods, vmis, ports.lives, clock);
  return {
    name: 'vmi',
    observe: async (key) => {
      const vmi = vmis.store.get(key);
      if (!vmi) return undefined;
      const config = ports.config();
      const owner = controllerOf(vmi);
      const vm = owner && vms.store.get(`${vmi.metadata.namespace}/${owner.name}`);
      const podName = launcherPodName(vmi);
      const found = await podOf(vmi, podName, departed, ports);
      const strayPod = found && isStray(vmi, found) ? found : undefined;
      const pod = strayPod ? undefined : found;
      const options = pod ? undefined : await renderOptionsFor(vmi, config, ports);
      return {
        vmi,
        pod,
        podName,
        ...(strayPod && { strayPod }),
        departedPod: pod ? undefined : departed.of(vmi),
        podAbsentMs: pod ? 0 : departed.absentMs(vmi),
        vm: vm?.metadata.uid === owner?.uid ? vm : undefined,
        mountFailure: mountFailureOf(pod, ports),
        nodeLife: ports.lives.of(pod?.spec?.nodeName ?? vmi.status?.nodeName ?? ''),
        config,
        renderPod: () => renderLauncherPod(vmi, config, options ?? { launcherImage: ports.launcherImage }),
      };
    },
    decide: (observed, now) => decideVmi(observed, now),
    failed: failedVmi,
  };
}

/**
 * The launcher pod of the instance. A cache can lag behind our own write, so a pod that should be there and is not is
 * asked for once more before the guest is given up; not when the cache was told that it is gone.
 */
async function podOf(
  vmi: VirtualMachineInstance,
  podName: string,
  departed: DepartedPods,
  { client, informers }: VmiControllerPorts,
): Promise<Pod | undefined> {
  const ref = { name: podName, namespace: vmi.metadata.namespace };
  const cached = informers.pods.store.get(`${ref.namespace}/${podName}`);
  const pod = cached ?? (mayHavePod(vmi) && !departed.of(vmi) ? await found(client, ref) : undefined);
  return pod && controllerOf(pod)?.uid === vmi.metadata.uid ? pod : undefined;
}

function mayHavePod({ metadata, status }: VirtualMachineInstance): boolean {
  if (metadata.deletionTimestamp) return true;
  return status?.phase === 'Scheduling' || status?.phase === 'Scheduled' || status?.phase === 'Running';
}

async function found(client: ApiClient, ref: ObjectName): Promise<Pod | undefined> {
  try {
    return await client.get(pods, ref);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function mountFailureOf(pod: Pod | undefined, { informers }: VmiControllerPorts): string | undefined {
  if (!pod?.metadata.uid) return undefined;
  return informers.mountFailures.store.byIndex(BY_POD_UID, pod.metadata.uid)[0]?.message;
}

/** The VMI controller's writes. */
function vmiEffectRunner({ client, recorder, informers }: VmiControllerPorts): EffectRunner<VmiEffect> {
  /** Versions that our own writes gave to instances, by the object as it was read: a later effect builds on them. */
  const written = new WeakMap<VirtualMachineInstance, string>();
  const current = (vmi: VirtualMachineInstance): VirtualMachineInstance => {
    const resourceVersion = written.get(vmi) ?? vmi.metadata.resourceVersion;
    return { ...vmi, metadata: { ...vmi.metadata, resourceVersion } };
  };
  const patchMetadata = async (vmi: VirtualMachineInstance, change: object): Promise<void> => {
    const { uid, resourceVersion } = current(vmi).metadata;
    const patch = { metadata: { uid, resourceVersion, ...change } };
    const patched = await onExisting(() => client.patch(virtualMachineInstances, refOf(vmi), patch, { kind: 'merge' }));
    written.set(vmi, patched.metadata.resourceVersion ?? '');
    informers.vmis.wrote(patched);
  };
  return async (effect) => {
    switch (effect.type) {
      case 'setFinalizers':
        await patchMetadata(effect.vmi, { finalizers: effect.finalizers });
        return;
      case 'createPod':
        informers.pods.wrote(await createPod(client, effect.pod));
        return;
      case 'deletePod':
        await client.delete(pods, refOf(effect.pod), {
          uid: effect.pod.metadata.uid,
          gracePeriodSeconds: effect.gracePeriodSeconds,
        });
        return;
      case 'markPod':
        // The API server refuses it when a pod of that name has another uid: a deleted pod is never brought back.
        informers.pods.wrote(
          await onExisting(() =>
            client.patch(
              pods,
              refOf(effect.pod),
              { metadata: { uid: effect.pod.metadata.uid, labels: effect.labels }, status: gateOf(effect) },
              // Strategic: the pod's other conditions are the kubelet's. A pod's labels may come with its status.
              { kind: 'strategic', subresource: 'status' },
            ),
          ),
        );
        return;
      case 'labelInstance':
        await patchMetadata(effect.vmi, { labels: effect.labels });
        return;
      case 'applyStatus':
        await applyVmiStatus({ client, informers }, current(effect.vmi), effect.status, FIELD_MANAGER);
        return;
      case 'event':
        recorder.event(withKind(virtualMachineInstances, effect.vmi), effect.event);
        return;
    }
  };
}

function createPod(client: ApiClient, pod: Pod): Promise<Pod> {
  return refusable(
    () => client.create(pods, pod),
    (error) => new PodRefused(`the API server refused launcher pod ${keyOf(pod)}: ${error.message}`, { cause: error }),
  );
}

/** The condition behind the readiness gate that `renderLauncherPod` puts on the pod. */
function gateOf({ unpaused }: { unpaused: boolean }) {
  const type = annotations.virtualMachineUnpaused;
  return {
    conditions: [
      unpaused
        ? { type, status: 'True', reason: 'NotPaused', message: 'the guest is not paused' }
        : { type, status: 'False', reason: 'Paused', message: 'the guest is paused' },
    ],
  };
}
