import type { VirtualMachineInstance } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { launcherPodName } from './names.ts';
import type { RenderOptions } from './options.ts';
import type { Pod } from './pod.ts';
import { renderLauncherPod } from './render.ts';
import { kernelBootVolume } from './volumes.ts';

/** What a migration's target must have in common with its source. */
export interface MigrationTarget {
  /** UID of the VirtualMachineInstanceMigration: the pod is named after it. */
  migrationUid: string;
  /** Digests (`sha256:...`) of the images that the source pod runs its disks from, by volume name. */
  imageDigests: Readonly<Record<string, string>>;
}

/**
 * The pod that a migration moves a guest into: the same as a new one, but with the very images that the source has,
 * wherever their tags point by now.
 */
export function renderMigrationTargetPod(
  vmi: VirtualMachineInstance,
  target: MigrationTarget,
  config: ClusterConfig,
  options: RenderOptions,
): Pod {
  const pod = renderLauncherPod(withDigests(vmi, target.imageDigests), config, options);
  return { ...pod, metadata: { ...pod.metadata, name: launcherPodName(vmi, target.migrationUid) } };
}

function withDigests(vmi: VirtualMachineInstance, digests: MigrationTarget['imageDigests']): VirtualMachineInstance {
  const pinned = <T extends { image: string }>(volume: string, source: T): T => {
    const digest = digests[volume];
    return digest === undefined ? source : { ...source, image: byDigest(source.image, digest) };
  };
  const { firmware } = vmi.spec.domain;
  const kernel = firmware?.kernelBoot?.container;
  const pinnedFirmware =
    kernel === undefined
      ? {}
      : {
          firmware: {
            ...firmware,
            kernelBoot: { ...firmware?.kernelBoot, container: pinned(kernelBootVolume, kernel) },
          },
        };
  return {
    ...vmi,
    spec: {
      ...vmi.spec,
      domain: { ...vmi.spec.domain, ...pinnedFirmware },
      volumes: vmi.spec.volumes?.map((volume) =>
        volume.containerDisk === undefined
          ? volume
          : { ...volume, containerDisk: pinned(volume.name, volume.containerDisk) },
      ),
    },
  };
}

/** `registry/name:tag` or `registry/name@digest` as `registry/name@digest`. A colon before a slash is a port's. */
function byDigest(image: string, digest: string): string {
  const name = image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  return `${name}@${digest}`;
}
