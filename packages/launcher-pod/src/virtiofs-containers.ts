import { type Volume } from '@quickvirt/api';
import { type Context, RenderError } from './context.ts';
import { configPath, LAUNCHER_UID, VIRTIOFS_DIRECTORY, volumePath } from './paths.ts';
import type { Container, VolumeMount } from './pod.ts';
import { sideContainer } from './side-container.ts';
import { isSharedByVirtiofs } from './volumes.ts';

/** Where the kubelet mounts the service account's token. */
const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount/';

/** One virtiofsd for each filesystem of the VMI: without privilege it serves files of one user only, the launcher's. */
export function virtiofsContainers(context: Context): Container[] {
  return context.volumes
    .filter(({ name }) => isSharedByVirtiofs(context, name))
    .map((volume) => virtiofsd(context, volume));
}

function virtiofsd(context: Context, volume: Volume): Container {
  const { name } = volume;
  const { directory, mounts } = sharedDirectory(volume);
  const side = sideContainer(context, `virtiofs-${name}`, 'virtiofs');
  return {
    ...side,
    image: context.options.launcherImage,
    imagePullPolicy: context.config.imagePullPolicy,
    command: ['/usr/libexec/virtiofsd'],
    args: [
      `--socket-path=${VIRTIOFS_DIRECTORY}/${name}.sock`,
      `--shared-dir=${directory}`,
      // The pod is the sandbox: without privilege virtiofsd cannot make another.
      '--sandbox=none',
      '--cache=auto',
      '--migration-on-error=guest-error',
      '--migration-mode=find-paths',
    ],
    securityContext: { ...side.securityContext, runAsGroup: LAUNCHER_UID },
    volumeMounts: [{ name: 'virtiofs-sockets', mountPath: VIRTIOFS_DIRECTORY }, ...mounts],
  };
}

function sharedDirectory(volume: Volume): { directory: string; mounts: VolumeMount[] } {
  const { name } = volume;
  if (volume.serviceAccount !== undefined) return { directory: serviceAccountDirectory, mounts: [] };
  if (volume.persistentVolumeClaim !== undefined || volume.dataVolume !== undefined) {
    return { directory: volumePath(name), mounts: [{ name, mountPath: volumePath(name) }] };
  }
  if (volume.configMap !== undefined || volume.secret !== undefined || volume.downwardAPI !== undefined) {
    return { directory: configPath(name), mounts: [{ name, mountPath: configPath(name), readOnly: true }] };
  }
  throw new RenderError(
    'spec.domain.devices.filesystems',
    `volume ${JSON.stringify(name)} holds no directory to share`,
  );
}
