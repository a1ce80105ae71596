import type { VirtualMachineInstance } from '@quickvirt/api';
import { featureGateEnabled } from '@quickvirt/config';
import { invalid, type Cause } from '../cause.ts';
import type { AdmissionRequest } from '../request.ts';

/** What the API server adds to the identity of a pod's token. Source: KEP-4193. */
const nodeNameKey = 'authentication.kubernetes.io/node-name';

/**
 * virt-handler writes the instances of its own node only, so that a node that was taken over cannot take the others: as
 * their node, or as the target of their migration. Where they move to is not its to say.
 */
export function nodeRestrictionRules({ object, old, user, config }: AdmissionRequest<VirtualMachineInstance>): Cause[] {
  if (!old || !featureGateEnabled(config, 'NodeRestriction')) return [];
  const node = user.extra?.[nodeNameKey]?.[0];
  const refuse = (message: string): Cause[] => [invalid('', `Node restriction, ${message}`)];
  if (!node) return refuse("virt-handler's token names no node; its service account needs bound tokens");
  const { nodeName, migrationState } = old.status ?? {};
  if (node !== nodeName && node !== migrationState?.targetNode) {
    return refuse('virt-handler is only allowed to modify VMIs it owns');
  }
  if (object.status?.nodeName !== nodeName && object.status?.nodeName !== migrationState?.targetNode) {
    return refuse('virt-handler cannot move a VMI to another node');
  }
  if (object.status?.migrationState?.targetNode !== migrationState?.targetNode) {
    return refuse('virt-handler cannot choose the target of a migration');
  }
  return [];
}
