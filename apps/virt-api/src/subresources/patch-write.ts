import type { VirtualMachine, VirtualMachineInstance } from '@quickvirt/api';
import { testResourceVersion, testUid, type JsonPatchOperation } from '@quickvirt/kube';
import type { PatchWrite } from './answer.ts';

/** A JSON patch that holds for the object as it was read and no other. */
export function patchOf(
  resource: PatchWrite['resource'],
  object: VirtualMachine | VirtualMachineInstance,
  operations: JsonPatchOperation[],
  { dryRun }: { dryRun?: string[] },
  subresource?: 'status',
): PatchWrite {
  const { namespace = '', name = '' } = object.metadata;
  return {
    verb: 'PATCH',
    resource,
    namespace,
    name,
    ...(subresource && { subresource }),
    patch: [testUid(object), testResourceVersion(object), ...operations],
    dryRun: dryRun?.includes('All') ?? false,
  };
}
