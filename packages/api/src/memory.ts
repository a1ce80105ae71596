import type { Quantity } from './scalars.ts';

/** Whether memory must be locked. */
export type MemLockRequirement = 'NotRequired' | 'Required';

/** The guest's memory. */
export interface Memory {
  /**
   * Memory that the guest sees at its start. Default: the memory request, or else the memory limit, of the domain's
   * resources.
   */
  guest?: Quantity;
  /** Backs the guest's memory with huge pages of the node. */
  hugepages?: Hugepages;
  /**
   * Memory that can be reached by hot plug while the guest runs. Default: four times `guest`, or as the KubeVirt object
   * says; none where hot plug is impossible.
   */
  maxGuest?: Quantity;
  /** Memory that the pod gets on top of what QuickVirt reckons for QEMU and its helpers. */
  reservedOverhead?: ReservedOverhead;
}

/** Huge pages of the node. */
export interface Hugepages {
  /** Size of a page, for example `2Mi` or `1Gi`; the node must offer it. */
  pageSize?: string;
}

/** Memory of the pod beyond the guest's. */
export interface ReservedOverhead {
  /** Memory that is added to the reckoned overhead. Default: none. */
  addedOverhead?: Quantity;
  /**
   * Whether QEMU may lock all of the guest's memory, which device passthrough outside our knowledge can need. Default:
   * `NotRequired`.
   * @enforced
   */
  memLock?: MemLockRequirement;
}
