import type { Volume } from '@quickvirt/api';
import { RenderError, type Context } from './context.ts';
import {
  accessCredentialPath,
  configPath,
  CONSOLE_DIRECTORY,
  devicePath,
  DISKS_DIRECTORY,
  HOTPLUG_DIRECTORY,
  KERNEL_BOOT_DIRECTORY,
  networkDataSecretPath,
  RUN_DIRECTORY,
  secretPath,
  SOCKETS_DIRECTORY,
  STATE_DIRECTORY,
  VIRTIOFS_DIRECTORY,
  volumePath,
} from './paths.ts';
import type { PodVolume, VolumeDevice, VolumeMount } from './pod.ts';

/** A volume of the pod and where the compute container sees it. */
export interface PodVolumePart {
  volume: PodVolume;
  mounts: VolumeMount[];
  devices?: VolumeDevice[];
}

/** Everything that is mounted into the compute container. */
export function podVolumes(context: Context): PodVolumePart[] {
  const parts = [
    ...ownVolumes(context),
    ...context.volumes.flatMap((volume, index) => guestVolume(context, volume, index)),
    ...kernelBoot(context),
    ...accessCredentials(context),
    ...state(context),
    ...hugepages(context),
    ...networkInfo(context),
  ];
  return withoutRepeats(parts);
}

/** Two volumes of the VMI may share a Secret; a pod's volume names are unique. */
function withoutRepeats(parts: PodVolumePart[]): PodVolumePart[] {
  return [...new Map(parts.map((part) => [part.volume.name, part])).values()];
}

const inMemory = (name: string, mountPath: string, sizeLimit: string): PodVolumePart => ({
  volume: { name, emptyDir: { medium: 'Memory', sizeLimit } },
  mounts: [{ name, mountPath }],
});

function ownVolumes(context: Context): PodVolumePart[] {
  const hotplug = context.vmi.spec.domain.devices.disableHotplug !== true;
  return [
    inMemory('run', RUN_DIRECTORY, '64Mi'),
    inMemory('sockets', SOCKETS_DIRECTORY, '1Mi'),
    // A guest that prints without end fills this and nothing else.
    inMemory('console', CONSOLE_DIRECTORY, '4Mi'),
    inMemory('tmp', '/tmp', '16Mi'),
    { volume: { name: 'disks', emptyDir: {} }, mounts: [{ name: 'disks', mountPath: DISKS_DIRECTORY }] },
    ...(hotplug
      ? [
          {
            volume: { name: 'hotplug-disks', emptyDir: {} },
            // virt-handler mounts into it from the node.
            mounts: [
              { name: 'hotplug-disks', mountPath: HOTPLUG_DIRECTORY, mountPropagation: 'HostToContainer' as const },
            ],
          },
        ]
      : []),
    ...(usesVirtiofs(context) ? [inMemory('virtiofs-sockets', VIRTIOFS_DIRECTORY, '1Mi')] : []),
  ];
}

const usesVirtiofs = ({ vmi }: Context): boolean => (vmi.spec.domain.devices.filesystems ?? []).length > 0;

/** True for volumes that only a virtiofsd container sees. */
export const isSharedByVirtiofs = ({ vmi }: Context, volume: string): boolean =>
  (vmi.spec.domain.devices.filesystems ?? []).some(({ name }) => name === volume);

function guestVolume(context: Context, volume: Volume, index: number): PodVolumePart[] {
  const { name } = volume;
  const field = `spec.volumes[${index}]`;
  const { containerDisk, cloudInitNoCloud, cloudInitConfigDrive, hostDisk } = volume;
  if (containerDisk !== undefined) return containerDiskVolume(context, volume, `${field}.containerDisk`);
  const cloudInit = cloudInitNoCloud ?? cloudInitConfigDrive;
  if (cloudInit !== undefined) {
    return [
      ...secretPart(`${name}-udata`, cloudInit.secretRef?.name, secretPath(name)),
      ...secretPart(`${name}-ndata`, cloudInit.networkDataSecretRef?.name, networkDataSecretPath(name)),
    ];
  }
  // What can be plugged in later comes by an attachment pod from the start.
  if (isHotpluggable(volume)) return [];
  const claim = claimOf(volume);
  if (claim !== undefined) return claimVolume(context, volume, claim, field);
  if (hostDisk !== undefined) {
    const directory = hostDisk.path.replace(/\/[^/]*$/, '') || '/';
    const type = hostDisk.type === 'DiskOrCreate' ? 'DirectoryOrCreate' : 'Directory';
    return [
      {
        volume: { name, hostPath: { path: directory, type } },
        mounts: [{ name, mountPath: volumePath(name) }],
      },
    ];
  }
  return configVolume(volume);
}

/** True for volumes that may come and go while the guest runs. */
export const isHotpluggable = ({ persistentVolumeClaim, dataVolume, memoryDump }: Volume): boolean =>
  persistentVolumeClaim?.hotpluggable === true || dataVolume?.hotpluggable === true || memoryDump !== undefined;

/** The claim of a volume that is attached from the start. */
export function claimOf({
  persistentVolumeClaim,
  dataVolume,
  ephemeral,
}: Volume): { name: string; readOnly?: boolean } | undefined {
  if (persistentVolumeClaim !== undefined) {
    return { name: persistentVolumeClaim.claimName, readOnly: persistentVolumeClaim.readOnly };
  }
  if (dataVolume !== undefined) return { name: dataVolume.name };
  const backing = ephemeral?.persistentVolumeClaim;
  return backing === undefined ? undefined : { name: backing.claimName, readOnly: backing.readOnly };
}

function containerDiskVolume({ config }: Context, { name, containerDisk }: Volume, field: string): PodVolumePart[] {
  if (containerDisk === undefined) return [];
  demandImageVolumes(config, field);
  return [
    {
      volume: { name, image: { reference: containerDisk.image, pullPolicy: containerDisk.imagePullPolicy } },
      mounts: [{ name, mountPath: volumePath(name), readOnly: true }],
    },
  ];
}

/** There is one way only to bring an image's files into the pod: the kubelet mounts it. */
function demandImageVolumes({ featureGates }: Context['config'], field: string): void {
  if (featureGates.includes('ImageVolume')) return;
  throw new RenderError(field, 'images are mounted as volumes: enable the feature gate ImageVolume in the KubeVirt CR');
}

const secretPart = (name: string, secretName: string | undefined, mountPath: string): PodVolumePart[] =>
  secretName === undefined
    ? []
    : [{ volume: { name, secret: { secretName } }, mounts: [{ name, mountPath, readOnly: true }] }];

function claimVolume(
  context: Context,
  { name, ephemeral }: Volume,
  claim: { name: string; readOnly?: boolean },
  field: string,
): PodVolumePart[] {
  const found = context.options.claims?.[claim.name];
  if (found === undefined) {
    throw new RenderError(field, `PersistentVolumeClaim ${JSON.stringify(claim.name)} does not exist`);
  }
  // What an overlay is based on must stay as it is.
  const readOnly = claim.readOnly === true || ephemeral !== undefined;
  const volume: PodVolume = {
    name,
    persistentVolumeClaim: { claimName: claim.name, ...(claim.readOnly === true ? { readOnly: true } : {}) },
  };
  if (found.spec?.volumeMode === 'Block')
    return [{ volume, mounts: [], devices: [{ name, devicePath: devicePath(name) }] }];
  return [
    {
      volume,
      mounts: isSharedByVirtiofs(context, name)
        ? []
        : [{ name, mountPath: volumePath(name), ...(readOnly ? { readOnly: true } : {}) }],
    },
  ];
}

/** Files that become an ISO, or that virtiofsd serves as they are. */
function configVolume(volume: Volume): PodVolumePart[] {
  const { name, configMap, secret, downwardAPI, sysprep } = volume;
  const mounts = [{ name, mountPath: configPath(name), readOnly: true }];
  if (configMap !== undefined) {
    return [{ volume: { name, configMap: { name: configMap.name, optional: configMap.optional } }, mounts }];
  }
  if (secret !== undefined) {
    return [{ volume: { name, secret: { secretName: secret.secretName, optional: secret.optional } }, mounts }];
  }
  if (sysprep?.configMap !== undefined)
    return [{ volume: { name, configMap: { name: sysprep.configMap.name } }, mounts }];
  if (sysprep?.secret !== undefined) return [{ volume: { name, secret: { secretName: sysprep.secret.name } }, mounts }];
  if (downwardAPI !== undefined)
    return [{ volume: { name, downwardAPI: { items: downwardAPI.fields } as never }, mounts }];
  return [];
}

/** Name of the volume with the guest's kernel. */
export const kernelBootVolume = 'kernel-boot-volume';

function kernelBoot({ vmi, config }: Context): PodVolumePart[] {
  const container = vmi.spec.domain.firmware?.kernelBoot?.container;
  if (container === undefined) return [];
  demandImageVolumes(config, 'spec.domain.firmware.kernelBoot.container');
  return [
    {
      volume: {
        name: kernelBootVolume,
        image: { reference: container.image, pullPolicy: container.imagePullPolicy },
      },
      mounts: [{ name: kernelBootVolume, mountPath: KERNEL_BOOT_DIRECTORY, readOnly: true }],
    },
  ];
}

function accessCredentials({ vmi }: Context): PodVolumePart[] {
  return (vmi.spec.accessCredentials ?? []).flatMap(({ sshPublicKey, userPassword }) => {
    const secretName = (sshPublicKey ?? userPassword)?.source.secret?.secretName;
    return secretName === undefined
      ? []
      : secretPart(`${secretName}-access-cred`, secretName, accessCredentialPath(secretName));
  });
}

/** True when TPM or UEFI state must outlive the pod. */
function keepsState({ vmi }: Pick<Context, 'vmi'>): boolean {
  const { devices, firmware } = vmi.spec.domain;
  return devices.tpm?.persistent === true || firmware?.bootloader?.efi?.persistent === true;
}

function state(context: Context): PodVolumePart[] {
  if (!keepsState(context)) return [];
  const { stateClaim } = context.options;
  if (stateClaim === undefined) {
    throw new RenderError('spec.domain', 'the claim that keeps its TPM and UEFI state has not been made yet');
  }
  return [
    {
      volume: { name: 'vm-state', persistentVolumeClaim: { claimName: stateClaim } },
      mounts: [
        { name: 'vm-state', mountPath: `${STATE_DIRECTORY}/swtpm`, subPath: 'swtpm' },
        { name: 'vm-state', mountPath: `${STATE_DIRECTORY}/nvram`, subPath: 'nvram' },
      ],
    },
  ];
}

function hugepages({ vmi }: Context): PodVolumePart[] {
  if (vmi.spec.domain.memory?.hugepages === undefined) return [];
  return [
    {
      volume: { name: 'hugepages', emptyDir: { medium: 'HugePages' } },
      mounts: [{ name: 'hugepages', mountPath: '/dev/hugepages' }],
    },
  ];
}

/** Which PCI function serves which network: virt-controller writes it as an annotation once Multus has said so. */
function networkInfo(context: Context): PodVolumePart[] {
  const { interfaces, config } = context;
  const needed = interfaces.some(
    ({ sriov, binding }) =>
      sriov !== undefined ||
      (binding !== undefined && config.network.bindings[binding.name]?.downwardAPI === 'device-info'),
  );
  if (!needed) return [];
  return [
    {
      volume: {
        name: 'network-info-annotation',
        downwardAPI: {
          items: [
            { path: 'network-info', fieldRef: { fieldPath: "metadata.annotations['kubevirt.io/network-info']" } },
          ],
        },
      },
      mounts: [{ name: 'network-info-annotation', mountPath: '/etc/podinfo' }],
    },
  ];
}
