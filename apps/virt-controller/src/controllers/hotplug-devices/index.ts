import { labels, virtualMachineInstances } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import {
  controller,
  pods,
  type Controller,
  type ControllerOptions,
  type EffectRunner,
  type KubeClient,
  type Pod,
  type Reconciler,
  type Recorder,
} from '@quickvirt/kube';
import { launcherPodName, renderDeviceAttachmentPod } from '@quickvirt/launcher-pod';
import { BY_VMI_UID, type Informers } from '../../informers.ts';
import { applyVmiStatus } from '../../apply-vmi-status.ts';
import { refOf, withKind } from '../../object-ref.ts';
import { decideHotplug, type HotplugObserved } from './decide.ts';
import type { HotplugEffect } from './effects.ts';

/** What the controller of hot-plugged devices works with. */
export interface HotplugDevicesPorts {
  readonly client: Pick<KubeClient, 'create' | 'delete' | 'patch'>;
  readonly informers: Pick<Informers, 'vmis' | 'pods' | 'deviceAttachmentPods'>;
  readonly recorder: Pick<Recorder, 'event'>;
  readonly config: () => ClusterConfig;
  readonly launcherImage: string;
}

/** Its own, beside the VMI controller's: each states its own fields. */
const FIELD_MANAGER = 'virt-controller-hotplug';

/** Makes and deletes the pods that hold devices for running guests, and says in the VMI's status which pod holds which. */
export function hotplugDevicesController(ports: HotplugDevicesPorts, options: ControllerOptions): Controller {
  const { vmis, pods: launcherPods, deviceAttachmentPods } = ports.informers;
  const ownerKeys = ({ metadata }: Pod): string[] => {
    const vmiName = metadata.annotations?.[labels.ownerVmiName];
    return vmiName ? [`${metadata.namespace}/${vmiName}`] : [];
  };
  return controller('hotplug-devices', options)
    .for(vmis)
    .owns(launcherPods)
    .watches(deviceAttachmentPods, ownerKeys)
    .reconciles(hotplugReconciler(ports), hotplugEffectRunner(ports));
}

function hotplugReconciler(ports: HotplugDevicesPorts): Reconciler<HotplugObserved, HotplugEffect> {
  const { vmis, pods: launcherPods, deviceAttachmentPods } = ports.informers;
  return {
    name: 'hotplug-devices',
    observe: async (key) => {
      const vmi = vmis.store.get(key);
      if (!vmi) return undefined;
      const config = ports.config();
      return {
        vmi,
        launcherPod: launcherPods.store.get(`${vmi.metadata.namespace}/${launcherPodName(vmi)}`),
        attachmentPods: deviceAttachmentPods.store.byIndex(BY_VMI_UID, vmi.metadata.uid ?? ''),
        renderPod: ({ metadata, spec }, device) => {
          const owner = { name: metadata.name ?? '', uid: metadata.uid ?? '', nodeName: spec?.nodeName ?? '' };
          return renderDeviceAttachmentPod(vmi, owner, device, config, { launcherImage: ports.launcherImage });
        },
      };
    },
    decide: decideHotplug,
  };
}

function hotplugEffectRunner(ports: HotplugDevicesPorts): EffectRunner<HotplugEffect> {
  const { client, informers, recorder } = ports;
  return async (effect) => {
    switch (effect.type) {
      case 'createPod':
        informers.deviceAttachmentPods.wrote(await client.create(pods, effect.pod));
        return;
      case 'deletePod':
        await client.delete(pods, refOf(effect.pod), { uid: effect.pod.metadata.uid, gracePeriodSeconds: 0 });
        return;
      case 'applyAttachments':
        await applyVmiStatus(ports, effect.vmi, { deviceStatus: effect.attachments }, FIELD_MANAGER);
        return;
      case 'event':
        recorder.event(withKind(virtualMachineInstances, effect.vmi), effect.event);
        return;
    }
  };
}
