import { labels } from '@quickvirt/api';

/** Labels that say what QuickVirt did with a VMI: a user who sets one could steer a controller to another's pod. */
export const reservedLabels: readonly string[] = [
  labels.createdBy,
  labels.migrationJobUid,
  labels.nodeName,
  labels.migrationTargetNodeName,
  labels.schedulable,
  'kubevirt.io/install-strategy',
];

/** Those of the reserved labels that are there. */
export function reservedAmong(own: Readonly<Record<string, string>> | undefined): string[] {
  return reservedLabels.filter((label) => own?.[label] !== undefined);
}
