import { kubevirts, type KubeVirt, type PciHostDevice } from '@quickvirt/api';
import { clusterConfigFrom, domainConfigFrom, type DomainConfig, type QatConfig } from '@quickvirt/config';
import { Informer, type ApiClient, type InformerOptions, type StoreReader } from '@quickvirt/kube';

/** What the KubeVirt CR says for the guests of a node. */
export interface CurrentConfig {
  domainConfig: DomainConfig;
  /** Guests run by QEMU's own emulation. */
  useEmulation: boolean;
  /** CPU models that nodes do not offer. */
  obsoleteCpuModels: readonly string[];
  /**
   * PCI devices that guests may have, and how QAT cards are handled: not at all while there is no CR, because an install
   * makes it a moment after this process starts, and it may say to leave cards alone.
   */
  hostDevices: { pciHostDevices: readonly PciHostDevice[]; qat: QatConfig };
  /** Changes whenever the configuration does. */
  revision: string;
  /** `metadata.resourceVersion` of the CR; undefined while there is none. */
  resourceVersion: string | undefined;
}

/** Watches the KubeVirt CR of the release namespace. */
export function kubevirtInformer(
  client: ApiClient,
  namespace: string,
  options: Pick<InformerOptions<KubeVirt>, 'logger' | 'clock' | 'random'>,
): Informer<KubeVirt> {
  return new Informer(client, kubevirts, { ...options, namespace });
}

/** Gives the configuration in force; computed anew only when the CR changed. The oldest CR counts. */
export function configReader(store: StoreReader<KubeVirt>): () => CurrentConfig {
  let last: { from: KubeVirt | undefined; current: CurrentConfig } | undefined;
  const age = ({ metadata }: KubeVirt) => metadata.creationTimestamp ?? '';
  return () => {
    const from = store.list().toSorted((a, b) => age(a).localeCompare(age(b)))[0];
    if (!last || last.from !== from) {
      const revision = `${from?.metadata.uid ?? ''}/${from?.metadata.generation ?? 0}`;
      const config = clusterConfigFrom(from);
      last = {
        from,
        current: {
          domainConfig: domainConfigFrom(config),
          // An emulated CPU is not the host's: QEMU's own model (kvm64) counts as obsolete and would bar the node.
          useEmulation: config.developer.useEmulation,
          obsoleteCpuModels: config.developer.useEmulation ? [] : config.obsoleteCpuModels,
          hostDevices: {
            pciHostDevices: config.permittedHostDevices.pciHostDevices,
            qat: from ? config.qat : { ...config.qat, enabled: false },
          },
          revision,
          resourceVersion: from?.metadata.resourceVersion,
        },
      };
    }
    return last.current;
  };
}
