import type { KubeVirt } from '@quickvirt/api';
import { clusterConfigFrom, type ClusterConfig } from '@quickvirt/config';
import type { Informer } from '@quickvirt/kube';

/** The KubeVirt object of the cluster: the oldest, where somebody made two. */
export function kubevirtOf(kubevirts: Pick<Informer<KubeVirt>, 'store'>): KubeVirt | undefined {
  const age = ({ metadata }: KubeVirt) => metadata.creationTimestamp ?? '';
  return kubevirts.store.list().toSorted((a, b) => age(a).localeCompare(age(b)))[0];
}

/** Gives the effective configuration; reads the KubeVirt object again only when it changed. */
export function configReader(kubevirts: Pick<Informer<KubeVirt>, 'store'>): () => ClusterConfig {
  let last: { from: KubeVirt | undefined; config: ClusterConfig } | undefined;
  return () => {
    const from = kubevirtOf(kubevirts);
    if (!last || last.from !== from) last = { from, config: clusterConfigFrom(from) };
    return last.config;
  };
}
