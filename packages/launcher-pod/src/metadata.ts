import { annotations as keys, labels as labelKeys, type ObjectMeta } from '@quickvirt/api';
import type { Context } from './context.ts';
import { memoryOverheadBytes } from './memory-overhead.ts';
import { guestHostname, launcherPodName, vmiIdLabel } from './names.ts';
import { networkAnnotations } from './networks.ts';

/** Name, labels, annotations and owner of the pod. */
export function metadata(context: Context): ObjectMeta {
  const { vmi, name, namespace, uid } = context;
  return {
    name: launcherPodName(vmi),
    namespace,
    labels: labelsOf(context),
    annotations: annotationsOf(context),
    ownerReferences: [
      {
        apiVersion: vmi.apiVersion ?? 'kubevirt.io/v1',
        kind: 'VirtualMachineInstance',
        name,
        uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  };
}

const istioInject = 'sidecar.istio.io/inject';

function labelsOf({ vmi, name, uid }: Context): Record<string, string> {
  const inject = vmi.metadata.annotations?.[istioInject];
  return {
    ...vmi.metadata.labels,
    ...(inject === undefined ? {} : { [istioInject]: inject }),
    [labelKeys.app]: 'virt-launcher',
    [labelKeys.createdBy]: uid,
    [labelKeys.vmName]: guestHostname(vmi),
    [labelKeys.vmiId]: vmiIdLabel(name),
    ...(reservesDisks(vmi) ? { [persistentReservationLabel]: '' } : {}),
  };
}

/**
 * On pods with SCSI reservations, which keep away from each other: a reservation is the node's, not the guest's.
 * KubeVirt's own key, `pr.kubevirt.io/` without a name, is one that the API server refuses.
 */
export const persistentReservationLabel = 'pr.kubevirt.io/persistent-reservation';

/** True when a disk of the VMI may be reserved by SCSI. */
export const reservesDisks = (vmi: Context['vmi']): boolean =>
  (vmi.spec.domain.devices.disks ?? []).some(({ lun }) => lun?.reservation === true);

/** Annotations of clients and of the VMI itself, which say nothing about a pod. */
const notCopied = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  keys.latestObservedApiVersion,
  keys.storageObservedApiVersion,
]);

function annotationsOf(context: Context): Record<string, string> {
  const { vmi, name } = context;
  const own = Object.entries(vmi.metadata.annotations ?? {}).filter(([key]) => !notCopied.has(key));
  return {
    ...Object.fromEntries(own),
    [keys.domain]: name,
    'kubectl.kubernetes.io/default-container': 'compute',
    // Descheduler: ask for an eviction, which our webhook answers, and leave the rest to us.
    'descheduler.alpha.kubernetes.io/request-evict-only': '',
    [keys.migrationTransportUnix]: 'true',
    [keys.memoryOverheadBytes]: String(memoryOverheadBytes(context)),
    ...backupHooks(context),
    ...networkAnnotations(context),
    ...(vmi.spec.domain.launchSecurity?.tdx === undefined
      ? {}
      : { [keys.qgsSocketPath]: context.config.tdx.qgsSocketPath }),
  };
}

/** Velero freezes the guest's file systems around a snapshot by a command in the pod. */
function backupHooks({ vmi, name, namespace }: Context): Record<string, string> {
  if (vmi.metadata.annotations?.['kubevirt.io/skip-backup-hooks'] === 'true') return {};
  const command = (action: string) =>
    `["/usr/bin/virt-freezer", "--${action}", "--name", "${name}", "--namespace", "${namespace}"]`;
  return {
    'pre.hook.backup.velero.io/container': 'compute',
    'pre.hook.backup.velero.io/command': command('freeze'),
    'pre.hook.backup.velero.io/timeout': '60s',
    'post.hook.backup.velero.io/container': 'compute',
    'post.hook.backup.velero.io/command': command('unfreeze'),
  };
}
