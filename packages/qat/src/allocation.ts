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
  if (sameNumaNode) candidates = keepTogether(candidates, chosen, missing, ({ numaNode }) => numaNode);
  if (samePhysicalFunction) candidates = keepTogether(candidates, chosen, missing, cardOf);
  const taken = Map.groupBy(chosen, cardOf);
  const cards = [...Map.groupBy(candidates, cardOf)].map(([card, members]) => {
    const mine = taken.get(card)?.length ?? 0;
    return { members, rank: policy === 'Packed' ? [-mine, members.length] : [mine, -members.length] };
  });
  const [first] = best(cards)[0]?.members ?? [];
  if (!first) throw new RangeError('there is no function to choose from');
  return first;
}

/** The card of a function; one whose card is not known is a card of its own. */
const cardOf = ({ physicalFunction, pciAddress }: AllocatableFunction) => physicalFunction ?? pciAddress;

/**
 * The candidates that keep what is chosen in one group: those of the group that was taken from already, else of each that
 * has enough for all, else of the largest, which leaves the fewest to take elsewhere.
 */
function keepTogether(
  candidates: readonly AllocatableFunction[],
  chosen: readonly AllocatableFunction[],
  missing: number,
  groupOf: (candidate: AllocatableFunction) => unknown,
): readonly AllocatableFunction[] {
  const taken = Map.groupBy(chosen, groupOf);
  const groups = [...Map.groupBy(candidates, groupOf)].map(([key, members]) => ({
    members,
    rank: [-(taken.get(key)?.length ?? 0), members.length >= missing ? -missing : -members.length],
  }));
  return best(groups).flatMap(({ members }) => members);
}

/** Those of the lowest rank, in the order they are in. */
function best<T extends { readonly rank: readonly number[] }>(groups: readonly T[]): readonly T[] {
  const sorted = groups.toSorted((a, b) => compareRanks(a.rank, b.rank));
  return sorted.filter(({ rank }) => sorted[0] !== undefined && compareRanks(rank, sorted[0].rank) === 0);
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  return a.map((value, index) => value - (b[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
