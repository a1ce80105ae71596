import { labels, type VirtualMachineInstance } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import type { V1Toleration } from '@kubernetes/client-node';
import { contextOf, type Context } from './context.ts';
import { shortHash } from './names.ts';
import type { RenderOptions } from './options.ts';
import type { Pod, SecurityContext, VolumeDevice, VolumeMount } from './pod.ts';
import { sideSecurityContext } from './security.ts';
import { sideContainer } from './side-container.ts';
import { claimOf, isHotpluggable } from './volumes.ts';

/** The launcher pod that volumes are plugged into. */
export interface AttachmentOwner {
  name: string;
  uid: string;
  nodeName: string;
}

/** Where the attachment pod sees block devices; virt-handler looks there. */
const deviceDirectory = '/path';

/**
 * The pod that brings hot-pluggable volumes to the guest's node: the kubelet attaches and mounts them for it, and
 * virt-handler hands them on to the launcher's pod. It follows the launcher's pod wherever that is, also onto a node
 * that takes no new pods.
 */
export function renderAttachmentPod(
  vmi: VirtualMachineInstance,
  owner: AttachmentOwner,
  config: ClusterConfig,
  options: RenderOptions,
): Pod {
  const context = contextOf(vmi, config, options);
  const claims = attachedClaims(vmi);
  const isBlock = (claim: string) => options.claims?.[claim]?.spec?.volumeMode === 'Block';
  const exists = (claim: string) => options.claims?.[claim] !== undefined;
  const devices: VolumeDevice[] = claims
    .filter(({ claim }) => isBlock(claim))
    .map(({ name }) => ({ name, devicePath: `${deviceDirectory}/${name}/` }));
  const mounts: VolumeMount[] = claims
    .filter(({ claim }) => exists(claim) && !isBlock(claim))
    .map(({ name }) => ({ name, mountPath: `/${name}` }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(
      context,
      owner,
      claims.map(({ name }) => name),
    ),
    spec: {
      containers: [
        {
          ...sideContainer(context, 'hotplug-disk', 'hotplug-disk'),
          image: options.launcherImage,
          // It only has to be there; as PID 1 tini ends on SIGTERM at once.
          command: ['/usr/bin/tini', '--', 'sleep', 'infinity'],
          securityContext: attachmentSecurityContext(context),
          volumeMounts: [
            { name: 'hotplug-disks', mountPath: deviceDirectory, mountPropagation: 'HostToContainer' },
            ...mounts,
          ],
          ...(devices.length > 0 ? { volumeDevices: devices } : {}),
        },
      ],
      affinity: onNode(owner.nodeName),
      tolerations: attachmentTolerations,
      terminationGracePeriodSeconds: 0,
      // It talks to nobody.
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      volumes: [
        { name: 'hotplug-disks', emptyDir: {} },
        ...claims.map(({ name, claim }) => ({ name, persistentVolumeClaim: { claimName: claim } })),
      ],
    },
  };
}

/** Volumes that came by hot-plug, and those that only the launcher uses (memory dumps, backups). */
function attachedClaims({ spec }: VirtualMachineInstance): { name: string; claim: string }[] {
  const pluggable = (spec.volumes ?? []).filter(isHotpluggable).flatMap((volume) => {
    const claim = volume.memoryDump?.claimName ?? claimOf(volume)?.name;
    return claim === undefined ? [] : [{ name: volume.name, claim }];
  });
  const utility = (spec.utilityVolumes ?? []).map(({ name, claimName }) => ({ name, claim: claimName }));
  return [...pluggable, ...utility];
}

function metadata({ name, namespace, uid }: Context, owner: AttachmentOwner, volumes: string[]): Pod['metadata'] {
  return {
    // Another set of volumes is another pod: a pod's volumes never change.
    name: `hp-volume-${shortHash([owner.uid, ...volumes].join('/'), 10)}`,
    namespace,
    labels: { [labels.app]: 'hotplug-disk' },
    annotations: { [labels.ownerVmiName]: name, [labels.ownerVmiUid]: uid },
    ownerReferences: [
      { apiVersion: 'v1', kind: 'Pod', name: owner.name, uid: owner.uid, controller: true, blockOwnerDeletion: true },
    ],
  };
}

/** Rights of a pod that only holds something for a launcher pod. */
export function attachmentSecurityContext(context: Context): SecurityContext {
  const { selinuxLauncherType } = context.config;
  return {
    ...sideSecurityContext,
    // Shared with the launcher's pod, whose level is its own: s0 may be read by each.
    seLinuxOptions: { level: 's0', ...(selinuxLauncherType ? { type: selinuxLauncherType } : {}) },
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

const onNode = (nodeName: string): NonNullable<Pod['spec']['affinity']> => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName] }] },
      ],
    },
  },
});

/** The guest is on the node already: what keeps new work away must not keep its disks and devices away. */
export const attachmentTolerations: V1Toleration[] = [
  'disk-pressure',
  'memory-pressure',
  'network-unavailable',
  'pid-pressure',
  'unschedulable',
].map((taint) => ({ key: `node.kubernetes.io/${taint}`, operator: 'Exists', effect: 'NoSchedule' }));
