import type { KubeVirt } from '@quickvirt/api';
import { clusterConfigFrom, type ClusterConfig } from '@quickvirt/config';
import { readManifests, type Manifest } from './manifests.ts';

/**
 * The cluster's settings: those of the file, else those of the first KubeVirt among the objects, else the defaults.
 * @throws Error when the file holds no KubeVirt object.
 */
export function clusterSettings(path: string | undefined, manifests: readonly Manifest[]): ClusterConfig {
  if (path === undefined) return clusterConfigFrom(kubevirtIn(manifests));
  const kubevirt = kubevirtIn(readManifests([path]));
  if (!kubevirt) throw new Error(`${path}: there is no object of kind KubeVirt in it`);
  return clusterConfigFrom(kubevirt);
}

function kubevirtIn(manifests: readonly Manifest[]): KubeVirt | undefined {
  return manifests.find(({ object }) => object.kind === 'KubeVirt')?.object as KubeVirt | undefined;
}
