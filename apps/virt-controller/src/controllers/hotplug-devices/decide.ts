import { isDeepEqual } from '@quickvirt/admission';
import type { DeviceHotplugStatus, HostDevice, VirtualMachineInstance } from '@quickvirt/api';
import type { Decision, Pod } from '@quickvirt/kube';
import { COMPUTE_CONTAINER, DEVICE_NAME_ANNOTATION, type HotpluggedDevice } from '@quickvirt/launcher-pod';
import { isFinal } from '../vmi-lifecycle.ts';
import { podState } from '../vmi/pod-state.ts';
import type { DeviceAttachment, HotplugEffect } from './effects.ts';
import { attachmentPodCreated, attachmentPodDeleted, attachmentWaits } from './events.ts';
import { attachmentTrouble } from './trouble.ts';

/** What is known of one instance and of the pods that hold devices for it. */
export interface HotplugObserved {
  readonly vmi: VirtualMachineInstance;
  readonly launcherPod: Pod | undefined;
  /** Pods that hold a device each, those included that are going. */
  readonly attachmentPods: readonly Pod[];
  /** Renders the pod for a device. @throws Error when the cluster does not permit the device. */
  readonly renderPod: (launcherPod: Pod, device: HotpluggedDevice) => Pod;
}

/** So long a guest may run before a device that its launcher pod has room for is taken for a new one. */
const BOOT_DEVICES_TOLD_MS = 10_000;
/** A pod that failed is looked at for so long before another takes its place. */
const FAILED_POD_KEPT_MS = 30_000;

/**
 * Brings further devices to a running guest, and takes the pods away that hold devices which the guest has let go of.
 * Pure. A pod is deleted only when virt-handler does not state an address for its device: virt-handler states it, against
 * the same version of the instance, before it touches the device.
 */
export function decideHotplug(observed: HotplugObserved, now: Date): Decision<HotplugEffect> {
  const { vmi, launcherPod, attachmentPods } = observed;
  const living = attachmentPods.filter(({ metadata }) => !metadata.deletionTimestamp);
  if (!launcherPod || podState(launcherPod) === 'ended' || isFinal(vmi)) {
    return { effects: living.flatMap((pod) => [{ type: 'deletePod', pod }]) };
  }
  if (vmi.status?.phase !== 'Running' || vmi.metadata.deletionTimestamp) return { effects: [] };
  const plan = new HotplugPlan(observed, launcherPod, now);
  for (const device of wantedDevices(vmi)) plan.bring(device);
  for (const { name, pciAddress, hotplug } of vmi.status.deviceStatus ?? []) {
    const isWanted = wantedDevices(vmi).some((device) => device.name === name);
    // virt-handler has not told that the guest let go of it: its pod stays, and so does what we say of it.
    if (!isWanted && pciAddress && hotplug) plan.keep({ name, hotplug });
  }
  return plan.decision(living);
}

type Wanted = HostDevice & HotpluggedDevice;

function wantedDevices({ spec }: VirtualMachineInstance): Wanted[] {
  return (spec.domain.devices.hostDevices ?? []).filter((device): device is Wanted => Boolean(device.deviceName));
}

/** Collects what is wanted for each device, and what has to be done for it. */
class HotplugPlan {
  readonly #observed: HotplugObserved;
  readonly #launcherPod: Pod;
  readonly #now: Date;
  readonly #attachments: DeviceAttachment[] = [];
  readonly #created: HotplugEffect[] = [];
  readonly #replaced: HotplugEffect[] = [];
  readonly #told: HotplugEffect[] = [];
  #requeueAfterMs: number | undefined;

  constructor(observed: HotplugObserved, launcherPod: Pod, now: Date) {
    this.#observed = observed;
    this.#launcherPod = launcherPod;
    this.#now = now;
  }

  keep(attachment: DeviceAttachment): void {
    this.#attachments.push(attachment);
  }

  /** A device that the guest is to have. */
  bring(device: Wanted): void {
    const { name } = device;
    const { vmi } = this.#observed;
    const current = vmi.status?.deviceStatus?.find((one) => one.name === name);
    const pod = this.#podOf(name);
    if (pod) this.#await(device, pod);
    else if (current?.pciAddress) {
      // Since the start, or from a pod that is gone: virt-handler has it in the guest.
      if (current.hotplug) this.keep({ name, hotplug: current.hotplug });
    } else if (current?.hotplug && current.hotplug.attachPodUID === this.#launcherPod.metadata.uid) {
      this.keep({ name, hotplug: current.hotplug });
    } else if (this.#launcherPodHasRoom(device)) this.#useLauncherPod(name);
    else this.#create(device);
  }

  decision(living: readonly Pod[]): Decision<HotplugEffect> {
    const { vmi } = this.#observed;
    const kept = new Set(this.#attachments.map(({ name }) => name));
    const idle = living.filter((pod) => !kept.has(nameOf(pod)));
    const wanted = this.#attachments.toSorted((a, b) => a.name.localeCompare(b.name));
    const effects: HotplugEffect[] = [...this.#created];
    // First the word, then the deed: a refused write means that virt-handler has just laid claim to a device.
    if (!isDeepEqual(wanted, currentAttachments(vmi)))
      effects.push({ type: 'applyAttachments', vmi, attachments: wanted });
    effects.push(...this.#told, ...this.#replaced);
    for (const pod of idle) {
      const event = attachmentPodDeleted(pod.metadata.name ?? '');
      effects.push({ type: 'deletePod', pod }, { type: 'event', vmi, event });
    }
    return { effects, ...(this.#requeueAfterMs !== undefined && { requeueAfterMs: this.#requeueAfterMs }) };
  }

  #podOf(name: string): Pod | undefined {
    return this.#observed.attachmentPods.find((pod) => nameOf(pod) === name);
  }

  /** Whether the launcher pod was given a function of the resource that none of its devices uses. */
  #launcherPodHasRoom({ name, deviceName }: Wanted): boolean {
    const { vmi } = this.#observed;
    const leaving = (vmi.status?.deviceStatus ?? []).filter(
      (one) =>
        one.pciAddress &&
        one.deviceName === deviceName &&
        !wantedDevices(vmi).some((device) => device.name === one.name),
    );
    const gpus = (vmi.spec.domain.devices.gpus ?? []).filter((gpu) => gpu.deviceName === deviceName);
    const users = [
      ...wantedDevices(vmi).filter((device) => device.deviceName === deviceName),
      ...leaving,
      ...gpus,
    ].filter((one) => one.name !== name && !this.#podOf(one.name));
    return users.length < givenCount(this.#launcherPod, deviceName);
  }

  #useLauncherPod(name: string): void {
    const { vmi } = this.#observed;
    const running = vmi.status?.phaseTransitionTimestamps?.find(({ phase }) => phase === 'Running');
    const sinceMs = this.#now.getTime() - Date.parse(running?.phaseTransitionTimestamp ?? '');
    // virt-handler is about to tell of the devices that the guest was started with: they need no word of ours.
    if (sinceMs < BOOT_DEVICES_TOLD_MS) {
      this.#requeue(BOOT_DEVICES_TOLD_MS - sinceMs);
      return;
    }
    const { name: attachPodName, uid: attachPodUID } = this.#launcherPod.metadata;
    this.keep({ name, hotplug: { attachPodName, attachPodUID } });
  }

  #create(device: Wanted): void {
    const { vmi, renderPod } = this.#observed;
    const { name } = device;
    try {
      const pod = renderPod(this.#launcherPod, device);
      const podName = pod.metadata.name ?? '';
      this.#created.push(
        { type: 'createPod', vmi, pod },
        { type: 'event', vmi, event: attachmentPodCreated(podName, name) },
      );
      this.keep({ name, hotplug: { attachPodName: podName } });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#say(name, { message: error.message });
    }
  }

  /** The device's pod is there: it has the device once its container runs. */
  #await(device: Wanted, pod: Pod): void {
    const { name } = device;
    const { name: attachPodName = '', uid: attachPodUID, deletionTimestamp, creationTimestamp } = pod.metadata;
    const inUse = this.#observed.vmi.status?.deviceStatus?.some((one) => one.name === name && one.pciAddress);
    if (deletionTimestamp) {
      this.#say(name, { attachPodName, message: `pod ${attachPodName} is being deleted` });
      return;
    }
    if (pod.status?.phase === 'Running') {
      this.keep({ name, hotplug: { attachPodName, attachPodUID } });
      return;
    }
    const trouble = attachmentTrouble(pod, device.deviceName);
    if (isEnded(pod) && !inUse) {
      const leftMs = Date.parse(creationTimestamp ?? '') + FAILED_POD_KEPT_MS - this.#now.getTime();
      if (leftMs > 0) this.#requeue(leftMs);
      else this.#replaced.push({ type: 'deletePod', pod });
    }
    if (trouble === undefined) this.keep({ name, hotplug: { attachPodName } });
    else this.#say(name, { attachPodName, ...(inUse && { attachPodUID }), message: trouble });
  }

  /** States why a device has not come, with an event when that is new. */
  #say(name: string, hotplug: DeviceHotplugStatus & { message: string }): void {
    const { vmi } = this.#observed;
    const told = vmi.status?.deviceStatus?.find((one) => one.name === name)?.hotplug?.message;
    this.keep({ name, hotplug });
    if (told !== hotplug.message) {
      this.#told.push({ type: 'event', vmi, event: attachmentWaits(name, hotplug.message) });
    }
  }

  #requeue(afterMs: number): void {
    this.#requeueAfterMs = Math.min(this.#requeueAfterMs ?? Infinity, afterMs);
  }
}

const nameOf = (pod: Pod): string => pod.metadata.annotations?.[DEVICE_NAME_ANNOTATION] ?? '';

const isEnded = (pod: Pod): boolean => pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';

function currentAttachments({ status }: VirtualMachineInstance): DeviceAttachment[] {
  return (status?.deviceStatus ?? [])
    .flatMap(({ name, hotplug }) => (hotplug ? [{ name, hotplug }] : []))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** How many functions of a resource the launcher pod was given. */
function givenCount(pod: Pod, resource: string): number {
  const compute = pod.spec?.containers.find(({ name }) => name === COMPUTE_CONTAINER);
  return Number(compute?.resources?.limits?.[resource] ?? 0);
}
