import type { Finding, NodeFacts, Plan } from '@quickvirt/qat';

interface Failure {
  finding: Finding;
  /** What it was tried with. */
  circumstances: string;
  retryAtMs: number;
  delayMs: number;
}

const FIRST_RETRY_MS = 10_000;
const MAX_RETRY_MS = 10 * 60_000;

/**
 * Plans that failed: tried again when what they depend on changed, and ever more rarely while it did not, because each
 * try fills the kernel's log. Forgotten as soon as they are not needed any more.
 */
export class PlanFailures {
  readonly #failures = new Map<string, Failure>();

  /** What went wrong and still stands in the way. */
  findings(): readonly Finding[] {
    return [...this.#failures.values()].map(({ finding }) => finding);
  }

  /** Forgets what no plan wants any more. */
  keepOnly(plans: readonly Plan[]): void {
    const wanted = new Set(plans.map(keyOf));
    for (const key of this.#failures.keys()) if (!wanted.has(key)) this.#failures.delete(key);
  }

  /** Whether a plan may be tried now. */
  mayTry(plan: Plan, facts: NodeFacts, nowMs: number): boolean {
    const failure = this.#failures.get(keyOf(plan));
    return !failure || nowMs >= failure.retryAtMs || failure.circumstances !== circumstancesOf(plan, facts);
  }

  failed(plan: Plan, finding: Finding, facts: NodeFacts, nowMs: number): void {
    const before = this.#failures.get(keyOf(plan));
    const circumstances = circumstancesOf(plan, facts);
    const delayMs =
      before?.circumstances === circumstances ? Math.min(before.delayMs * 2, MAX_RETRY_MS) : FIRST_RETRY_MS;
    this.#failures.set(keyOf(plan), { finding, circumstances, delayMs, retryAtMs: nowMs + delayMs });
  }

  succeeded(plan: Plan): void {
    this.#failures.delete(keyOf(plan));
  }
}

function keyOf({ purpose, subject }: Plan): string {
  return `${purpose} ${subject}`;
}

function circumstancesOf(plan: Plan, { drivers, iommuEnabled, vfioDenylistDisabled }: NodeFacts): string {
  return JSON.stringify([plan.steps, drivers, iommuEnabled, vfioDenylistDisabled]);
}
