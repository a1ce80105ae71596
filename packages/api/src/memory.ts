import type { Quantity } from './scalars.ts';

export type MemLockRequirement = 'NotRequired' | 'Required';

export interface Memory {
  guest?: Quantity;
  hugepages?: Hugepages;
  maxGuest?: Quantity;
  reservedOverhead?: ReservedOverhead;
}

export interface Hugepages {
  pageSize?: string;
}

export interface ReservedOverhead {
  addedOverhead?: Quantity;
  /** @enforced */
  memLock?: MemLockRequirement;
}
