import { annotations } from '@quickvirt/api';
import type { Context } from './context.ts';
import type { Container, PodVolume } from './pod.ts';
import { sideContainer } from './side-container.ts';
import { kernelBootVolume } from './volumes.ts';

/** Name of the volume that holds the launcher's image, for the one static program in it. */
const launcherVolume = 'launcher-volume';
const launcherDirectory = '/launcher';

/**
 * The kubelet tells the digest of a container's image but not of an image volume's. A container that ends at once, run
 * from each disk's image, makes the pod's status name the digest, so that a migration's target gets the same disk even
 * when the tag has moved. Each such container holds the guest's start up (docs/performance.md), so only VMIs that ask to be
 * migrated have them; images that are named by digest, and VMIs that say so, do without.
 */
export function digestResolution(context: Context): { containers: Container[]; volumes: PodVolume[] } {
  const images = imagesToResolve(context);
  if (images.length === 0) return { containers: [], volumes: [] };
  const { options, config } = context;
  return {
    containers: images.map(({ volume, image, pullPolicy }) => {
      const side = sideContainer(context, `volume${volume}`, 'container-disk');
      return {
        ...side,
        image,
        ...(pullPolicy === undefined ? {} : { imagePullPolicy: pullPolicy }),
        resources: {
          ...side.resources,
          requests: { ...side.resources.requests, 'ephemeral-storage': '50M' },
        },
        // The image of a disk has no program of its own.
        command: [`${launcherDirectory}/usr/bin/tini-static`, '--version'],
        volumeMounts: [{ name: launcherVolume, mountPath: launcherDirectory, readOnly: true }],
      };
    }),
    volumes: [
      { name: launcherVolume, image: { reference: options.launcherImage, pullPolicy: config.imagePullPolicy } },
    ],
  };
}

interface DiskImage {
  volume: string;
  image: string;
  pullPolicy?: string;
}

function imagesToResolve({ vmi, volumes, config }: Context): DiskImage[] {
  const skip = vmi.metadata.annotations?.[annotations.imageVolumeSkipDigestResolution] === 'true';
  const migrates = vmi.spec.evictionStrategy?.startsWith('LiveMigrate') ?? false;
  if (skip || !migrates || !config.featureGates.includes('ImageVolume')) return [];
  const kernel = vmi.spec.domain.firmware?.kernelBoot?.container;
  const images: DiskImage[] = [
    ...volumes.flatMap(({ name, containerDisk }) =>
      containerDisk === undefined
        ? []
        : [{ volume: name, image: containerDisk.image, pullPolicy: containerDisk.imagePullPolicy }],
    ),
    ...(kernel === undefined
      ? []
      : [{ volume: kernelBootVolume, image: kernel.image, pullPolicy: kernel.imagePullPolicy }]),
  ];
  return images.filter(({ image }) => !/@sha256:[0-9a-f]{64}$/.test(image));
}
