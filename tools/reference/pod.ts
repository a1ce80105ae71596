import type { KubeVirt, PersistentVolumeClaimSpec, VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { RenderError, renderLauncherPod, type RenderOptions } from '@quickvirt/launcher-pod';
import { type ReferenceCase, type ReferenceOutput, worldByName, type WorldObject } from './case.ts';

/** Renders the launcher pod of a case. */
export function renderPodCase(input: ReferenceCase, kubevirt: KubeVirt | undefined): ReferenceOutput {
  const vmi = input.object as VirtualMachineInstance;
  try {
    const pod = renderLauncherPod(vmi, clusterConfigFrom(kubevirt), renderOptionsOf(input, vmi));
    return { json: { config: input.config, pod } };
  } catch (error) {
    if (error instanceof RenderError) return { json: { config: input.config, error: true, reason: error.message } };
    throw error;
  }
}

type Claim = WorldObject & { spec?: PersistentVolumeClaimSpec };
type Quota = WorldObject & { spec?: { hard?: Record<string, string> } };

/** The cluster of a case: its claims, quotas and namespace labels. */
export function renderOptionsOf(input: ReferenceCase, vmi: VirtualMachineInstance): RenderOptions {
  const quotas = Object.values(worldByName<Quota>(input, 'ResourceQuota'));
  const limits = (resource: string) => quotas.some(({ spec }) => spec?.hard?.[resource] !== undefined);
  return {
    launcherImage: 'registry.test/virt-launcher:ref',
    claims: worldByName<Claim>(input, 'PersistentVolumeClaim'),
    namespaceLabels: worldByName(input, 'Namespace')[vmi.metadata.namespace ?? 'default']?.metadata.labels,
    memoryQuota: limits('limits.memory'),
    cpuQuota: limits('limits.cpu'),
    stateClaim: `persistent-state-for-${vmi.metadata.name}-x7k2p`,
    networkAttachments: networkAttachmentsOf(input),
  };
}

/** By `namespace/name`, as networks name them. */
function networkAttachmentsOf(input: ReferenceCase): RenderOptions['networkAttachments'] {
  const found = (input.world ?? []).filter(({ kind }) => kind === 'NetworkAttachmentDefinition');
  return Object.fromEntries(
    found.map(({ metadata: { name, namespace, annotations } }) => [
      `${namespace ?? 'default'}/${name}`,
      { annotations },
    ]),
  );
}
