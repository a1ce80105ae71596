import { labels, type VirtualMachineInstance } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import type { V1Toleration } from '@kubernetes/client-node';
import { attachmentSecurityContext, attachmentTolerations, type AttachmentOwner } from './attachment-pod.ts';
import { contextOf } from './context.ts';
import { shortHash } from './names.ts';
import type { RenderOptions } from './options.ts';
import type { Pod } from './pod.ts';
import { sideContainer } from './side-container.ts';

/** Value of the label `kubevirt.io` of pods that hold a device for a guest that runs already. */
export const DEVICE_ATTACHMENT_APP = 'hotplug-device';
/** Annotation of such a pod: the device's name in the VMI. */
export const DEVICE_NAME_ANNOTATION = 'quickvirt.io/device-name';
/** The container that is given the device. */
export const DEVICE_ATTACHMENT_CONTAINER = 'hotplug-device';

/** The device of a VMI that a pod is to hold. */
export interface HotpluggedDevice {
  name: string;
  /** Extended resource, for example `qat.intel.com/cy`. */
  deviceName: string;
}

/** Name of the pod that holds a device for a launcher pod: always the same for the same two. */
export const deviceAttachmentPodName = (launcherPodUid: string, deviceName: string): string =>
  `hp-device-${shortHash(`${launcherPodUid}/${deviceName}`, 10)}`;

/**
 * The pod that brings a device to a guest that runs already: no running pod can be given further resources, so this one
 * asks for the device on the guest's node, and virt-handler opens it to the launcher's pod. Pinned past the scheduler's
 * choice, not past its accounts: without a free device it waits, and says so.
 */
export function renderDeviceAttachmentPod(
  vmi: VirtualMachineInstance,
  owner: AttachmentOwner,
  { name, deviceName }: HotpluggedDevice,
  config: ClusterConfig,
  options: RenderOptions,
): Pod {
  const context = contextOf(vmi, config, options);
  const container = sideContainer(context, DEVICE_ATTACHMENT_CONTAINER, 'hotplug-disk');
  const { requests, limits } = container.resources;
  const own: V1Toleration[] = vmi.spec.tolerations ?? [];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: deviceAttachmentPodName(owner.uid, name),
      namespace: context.namespace,
      labels: { [labels.app]: DEVICE_ATTACHMENT_APP },
      annotations: {
        [labels.ownerVmiName]: context.name,
        [labels.ownerVmiUid]: context.uid,
        [DEVICE_NAME_ANNOTATION]: name,
      },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Pod', name: owner.name, uid: owner.uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: {
      containers: [
        {
          ...container,
          image: options.launcherImage,
          // It only has to be there; as PID 1 tini ends on SIGTERM at once.
          command: ['/usr/bin/tini', '--', 'sleep', 'infinity'],
          securityContext: attachmentSecurityContext(context),
          resources: {
            requests: { ...requests, [deviceName]: '1' },
            limits: { ...limits, [deviceName]: '1' },
          },
        },
      ],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [owner.nodeName] }] }],
          },
        },
      },
      tolerations: [...attachmentTolerations, ...own],
      terminationGracePeriodSeconds: 0,
      // It talks to nobody.
      automountServiceAccountToken: false,
      enableServiceLinks: false,
    },
  };
}
