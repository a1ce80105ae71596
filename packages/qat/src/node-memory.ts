import type { Finding } from './finding.ts';
import type { AcknowledgedErrors } from './health.ts';
import type { PciAddress } from './pci-address.ts';

/** What is known of a node beyond its facts of now. */
export interface NodeMemory {
  /** Functions that a pod holds, or may hold: what the kubelet lists, and what was handed out and is not proved free. */
  readonly allocated: ReadonlySet<PciAddress>;
  readonly acknowledged: AcknowledgedErrors;
  /** Cards that were taken down to change their services and are not known to be up again. */
  readonly reconfiguring: ReadonlySet<PciAddress>;
  /** What went wrong when a plan was last run, and still holds. */
  readonly failures: readonly Finding[];
}

/** The memory of a node that was never seen before. */
export const emptyMemory: NodeMemory = {
  allocated: new Set(),
  acknowledged: {},
  reconfiguring: new Set(),
  failures: [],
};
