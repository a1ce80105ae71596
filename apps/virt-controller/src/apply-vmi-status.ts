import { virtualMachineInstances, type VirtualMachineInstance } from '@quickvirt/api';
import { statusApply, type ApiClient, type Informer } from '@quickvirt/kube';
import { refOf } from './object-ref.ts';
import { onExisting } from './refusal.ts';

interface StatusPorts {
  readonly client: Pick<ApiClient, 'patch'>;
  readonly informers: { readonly vmis: Informer<VirtualMachineInstance> };
}

/**
 * Server-side apply of every status field that one of virt-controller's field managers answers for; the cache has it at
 * once. Fields pass between virt-controller and virt-handler: `vmi` carries the resourceVersion that keeps either from
 * writing blindly.
 * @throws ApiError for a conflict; RetryAfter when the instance is gone.
 */
export async function applyVmiStatus(
  { client, informers }: StatusPorts,
  vmi: VirtualMachineInstance,
  status: NonNullable<VirtualMachineInstance['status']>,
  fieldManager: string,
): Promise<void> {
  const body = statusApply(virtualMachineInstances, vmi, status);
  const options = { kind: 'apply', subresource: 'status', fieldManager, force: true } as const;
  informers.vmis.wrote(await onExisting(() => client.patch(virtualMachineInstances, refOf(vmi), body, options)));
}
