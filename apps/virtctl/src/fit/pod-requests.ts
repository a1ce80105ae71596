import { addQuantities, compareQuantities, type ParsedQuantity, parseQuantity } from '@quickvirt/api';

/** Amounts by resource: cpu, memory, extended resources. */
export type Amounts = ReadonlyMap<string, ParsedQuantity>;

interface Container {
  restartPolicy?: string;
  resources?: { requests?: Readonly<Record<string, string>>; limits?: Readonly<Record<string, string>> };
}

/** What of a pod its requests depend on. */
export interface RequestingPod {
  containers: readonly Container[];
  initContainers?: readonly Container[];
  overhead?: Readonly<Record<string, string>>;
}

/**
 * What the scheduler counts a pod with: the sum of its containers and sidecars, or one init container with the sidecars
 * started before it where that is more; plus the runtime's overhead. A limit counts where no request is.
 * Source: KEP-753 (sidecar containers), section "Resources calculation for scheduling and pod admission".
 */
export function podRequests({ containers, initContainers = [], overhead = {} }: RequestingPod): Amounts {
  const running = new Map<string, ParsedQuantity>();
  const peak = new Map<string, ParsedQuantity>();
  for (const container of initContainers) {
    if (container.restartPolicy === 'Always') add(running, requestsOf(container));
    else raise(peak, sum(running, requestsOf(container)));
    raise(peak, running);
  }
  for (const container of containers) add(running, requestsOf(container));
  raise(peak, running);
  add(peak, amountsOf(overhead));
  return peak;
}

/** Amounts as a node or quota states them. */
export function amountsOf(quantities: Readonly<Record<string, string>> = {}): Amounts {
  return new Map(Object.entries(quantities).map(([name, quantity]) => [name, parseQuantity(quantity)]));
}

/** Both together. */
function sum(first: Amounts, second: Amounts): Amounts {
  const total = new Map(first);
  add(total, second);
  return total;
}

const requestsOf = ({ resources }: Container): Amounts => amountsOf({ ...resources?.limits, ...resources?.requests });

function add(total: Map<string, ParsedQuantity>, more: Amounts): void {
  for (const [name, amount] of more) {
    const before = total.get(name);
    total.set(name, before ? addQuantities(before, amount) : amount);
  }
}

function raise(highest: Map<string, ParsedQuantity>, other: Amounts): void {
  for (const [name, amount] of other) {
    const before = highest.get(name);
    if (!before || compareQuantities(before, amount) < 0) highest.set(name, amount);
  }
}
