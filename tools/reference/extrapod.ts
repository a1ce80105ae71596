import type { KubeVirt, VirtualMachineInstance } from '@quickvirt/api';
import { clusterConfigFrom } from '@quickvirt/config';
import { renderAttachmentPod, RenderError, renderMigrationTargetPod } from '@quickvirt/launcher-pod';
import type { ReferenceCase, ReferenceOutput } from './case.ts';
import { renderOptionsOf } from './pod.ts';

/** Renders the attachment pod or the migration target pod of a case. */
export function renderExtraPodCase(input: ReferenceCase, kubevirt: KubeVirt | undefined): ReferenceOutput {
  const vmi = input.object as VirtualMachineInstance;
  const config = clusterConfigFrom(kubevirt);
  const options = renderOptionsOf(input, vmi);
  try {
    const pod =
      input.operation === 'ATTACH'
        ? renderAttachmentPod(vmi, ownerOf(vmi), config, options)
        : renderMigrationTargetPod(vmi, migration(vmi), config, {
            ...options,
            stateClaim: `persistent-state-for-${vmi.metadata.name}-tgt00`,
          });
    return { json: { config: input.config, pod } };
  } catch (error) {
    if (error instanceof RenderError) return { json: { config: input.config, error: true, reason: error.message } };
    throw error;
  }
}

const ownerOf = (vmi: VirtualMachineInstance) => ({
  name: `virt-launcher-${vmi.metadata.name}-src`,
  uid: 'aaaaaaaa-1111-4000-8000-000000000001',
  nodeName: 'node1',
});

/** Every container of the source pod reports the same digest. */
function migration({ spec }: VirtualMachineInstance) {
  const digest = `sha256:${'cd'.repeat(32)}`;
  const volumes = ['kernel-boot-volume', ...(spec.volumes ?? []).map(({ name }) => name)];
  return {
    migrationUid: 'bbbbbbbb-2222-4000-8000-000000000001',
    imageDigests: Object.fromEntries(volumes.map((name) => [name, digest])),
  };
}
