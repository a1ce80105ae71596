import type { VirtualMachineInstance } from '@quickvirt/api';
import type { ClusterConfig } from '@quickvirt/config';
import { isNotFound, namespaces, persistentVolumeClaims, type ApiClient } from '@quickvirt/kube';
import { claimOf, type RenderOptions } from '@quickvirt/launcher-pod';
import { BY_NAMESPACE, type Informers } from '../../informers.ts';

export interface RenderOptionsPorts {
  readonly client: Pick<ApiClient, 'get'>;
  readonly informers: Pick<Informers, 'resourceQuotas'>;
  readonly launcherImage: string;
}

/**
 * What the cluster has that the instance's launcher pod depends on. Quotas come from the cache: every pod depends on
 * them. What few instances need is asked for: their claims, and the namespace's labels where a setting of the cluster
 * depends on them.
 */
export async function renderOptionsFor(
  vmi: VirtualMachineInstance,
  config: ClusterConfig,
  { client, informers, launcherImage }: RenderOptionsPorts,
): Promise<RenderOptions> {
  const namespace = vmi.metadata.namespace ?? '';
  const quotas = informers.resourceQuotas.store.byIndex(BY_NAMESPACE, namespace);
  const limits = (resource: string): boolean => quotas.some(({ spec }) => spec?.hard?.[resource] !== undefined);
  return {
    launcherImage,
    memoryQuota: limits('limits.memory'),
    cpuQuota: limits('limits.cpu'),
    ...(config.autoCpuLimitNamespaceLabelSelector && {
      namespaceLabels: (await client.get(namespaces, { name: namespace })).metadata.labels,
    }),
    claims: await claimsOf(vmi, namespace, client),
  };
}

async function claimsOf(
  { spec }: VirtualMachineInstance,
  namespace: string,
  client: Pick<ApiClient, 'get'>,
): Promise<NonNullable<RenderOptions['claims']>> {
  const names = new Set((spec.volumes ?? []).flatMap((volume) => claimOf(volume)?.name ?? []));
  const claims = await Promise.all(
    [...names].map(async (name) => {
      try {
        const claim = await client.get(persistentVolumeClaims, { namespace, name });
        const volumeMode = claim.spec?.volumeMode === 'Block' ? ('Block' as const) : ('Filesystem' as const);
        return [[name, { spec: { volumeMode } }] as const];
      } catch (error) {
        // The renderer names the field of a claim that is not there.
        if (isNotFound(error)) return [];
        throw error;
      }
    }),
  );
  return Object.fromEntries(claims.flat());
}
