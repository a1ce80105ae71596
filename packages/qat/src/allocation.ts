import type { PciAddress } from './pci-address.ts';
import { comparePciAddresses } from './pci-address.ts';

/** What the choice of a function depends on. */
export interface AllocatableFunction {
  readonly pciAddress: PciAddress;
  readonly numaNode?: number;
  readonly physicalFunction?: PciAddress;
}

/** What the kubelet asks: choose `size` of `available`, `mustInclude` among them. */
export interface AllocationRequest {
  readonly available: readonly PciAddress[];
  readonly mustInclude: readonly PciAddress[];
  readonly size: number;
}

/** How to choose. */
export interface AllocationRules {
  /** `Packed` takes from the card with the fewest free functions, `Spread` from the one with the most. */
  readonly policy: 'Packed' | 'Spread';
  /** All from one card where one has enough. */
  readonly samePhysicalFunction: boolean;
  /** All from one NUMA node where one has enough. */
  readonly sameNumaNode: boolean;
}

/**
 * The functions that a container had best get: `mustInclude` first, then one by one what the rules put first, in the order
 * of addresses where they do not care. Fewer than `size` when there are no more. Same input, same choice.
 */
export function preferredAllocation(
  request: AllocationRequest,
  functions: readonly AllocatableFunction[],
  rules: AllocationRules,
): readonly PciAddress[] {
  const known = new Map(functions.map((candidate) => [candidate.pciAddress, candidate]));
  const lookUp = (pciAddress: PciAddress) => known.get(pciAddress) ?? { pciAddress };
  const chosen = request.mustInclude.map(lookUp);
  const taken = new Set(request.mustInclude);
  let free = request.available
    .filter((pciAddress) => !taken.has(pciAddress))
    .map(lookUp)
    .toSorted((a, b) => comparePciAddresses(a.pciAddress, b.pciAddress));
  while (chosen.length < request.size && free.length > 0) {
    const next = chooseOne(free, chosen, request.size - chosen.length, rules);
    chosen.push(next);
    free = free.filter((candidate) => candidate !== next);
  }
  return chosen.slice(0, Math.max(request.size, request.mustInclude.length)).map(({ pciAddress }) => pciAddress);
}

function chooseOne(
  free: readonly AllocatableFunction[],
  chosen: readonly AllocatableFunction[],
  missing: number,
  { policy, samePhysicalFunction, sameNumaNode }: AllocationRules,
): AllocatableFunction {
  let candidates = free;
  if (sameNumaNode) candidates = inOneGroup(candidates, chosen, missing, (candidate) => candidate.numaNode, policy);
  // Card by card within what is left: a virtual function whose card is not known is a card of its own.
  candidates = inOneGroup(
    candidates,
    samePhysicalFunction || policy === 'Packed' ? chosen : [],
    samePhysicalFunction ? missing : 1,
    cardOf,
    policy,
    samePhysicalFunction ? [] : chosen,
  );
  const [first] = candidates;
  if (!first) throw new RangeError('there is no function to choose from');
  return first;
}

const cardOf = ({ physicalFunction, pciAddress }: AllocatableFunction) => physicalFunction ?? pciAddress;

/**
 * The members of the group that should be taken from: one that was taken from already, if it has any left (with enough for
 * all that is missing, if one has); else one with enough, the fullest for `Packed`, the freest for `Spread`. Of groups in
 * `avoid`, those that were taken from least, when spreading.
 */
function inOneGroup(
  candidates: readonly AllocatableFunction[],
  chosen: readonly AllocatableFunction[],
  missing: number,
  groupOf: (candidate: AllocatableFunction) => unknown,
  policy: AllocationRules['policy'],
  avoid: readonly AllocatableFunction[] = [],
): readonly AllocatableFunction[] {
  const used = countBy(chosen, groupOf);
  const avoided = countBy(policy === 'Spread' ? avoid : [], groupOf);
  const groups = [...Map.groupBy(candidates, groupOf)].map(([key, members]) => ({
    members,
    rank: [
      -(used.get(key) ?? 0),
      members.length >= missing ? 0 : 1,
      avoided.get(key) ?? 0,
      // Where none has enough, the one with the most leaves the fewest to take elsewhere.
      policy === 'Packed' && members.length >= missing ? members.length : -members.length,
    ],
  }));
  // Stable: of equals, the group with the lowest address stays first.
  return groups.toSorted((a, b) => compareRanks(a.rank, b.rank))[0]?.members ?? [];
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => unknown): Map<unknown, number> {
  return new Map([...Map.groupBy(items, keyOf)].map(([key, members]) => [key, members.length]));
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
