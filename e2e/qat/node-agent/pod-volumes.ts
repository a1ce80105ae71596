import { chmod, chown, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@quickvirt/kube';
import { execute } from './execute.ts';

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];

/** Where the kubelet keeps a pod's directories. */
export const podFolder = (podUid: string): string => `/var/lib/kubelet/pods/${podUid}`;

/** What image volumes hold: the guest's disk, whatever the image's name. */
export interface VolumeSources {
  /** On the node. */
  guestDiskPath: string;
}

/**
 * Makes a pod's volumes as the kubelet does and returns their paths by name: emptyDirs where the kubelet puts them, in
 * memory where the pod wants that, and images as what a container disk is.
 * @throws Error for a kind of volume that no machine of these tests has.
 */
export async function makeVolumes(pod: Pod, sources: VolumeSources): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  for (const volume of pod.spec?.volumes ?? []) paths.set(volume.name, await makeVolume(pod, volume, sources));
  return paths;
}

async function makeVolume(pod: Pod, volume: Volume, { guestDiskPath }: VolumeSources): Promise<string> {
  const kind = volume.emptyDir ? 'empty-dir' : volume.image ? 'image' : undefined;
  if (!kind) throw new Error(`volume ${volume.name}: only emptyDir and image are served here`);
  const path = join(podFolder(pod.metadata.uid ?? ''), 'volumes', `kubernetes.io~${kind}`, volume.name);
  await mkdir(path, { recursive: true });
  if (volume.image) {
    await mkdir(join(path, 'disk'));
    await copyFile(guestDiskPath, join(path, 'disk', 'disk.img'));
    await chmod(join(path, 'disk', 'disk.img'), 0o444);
    return path;
  }
  if (volume.emptyDir?.medium === 'Memory') {
    const mount = ['mount', '-t', 'tmpfs', '-o', `size=${sizeOption(volume.emptyDir.sizeLimit)}`, 'tmpfs', path];
    const { exitCode, stderr } = await execute(mount, 10_000);
    if (exitCode !== 0) throw new Error(`volume ${volume.name}: ${stderr}`);
  }
  // As the kubelet: for everybody, and of the pod's group where it has one.
  const group = pod.spec?.securityContext?.fsGroup;
  if (group !== undefined) await chown(path, 0, group);
  await chmod(path, 0o2777);
  return path;
}

/** tmpfs knows k, m and g. */
const sizeOption = (quantity = '64Mi'): string => quantity.replace(/i$/, '').toLowerCase();
