import { systemClock, type ApiService, type Clock } from '@quickvirt/kube';
import { availability } from './withdrawal.ts';

/**
 * How long an aggregated API has been out of reach, by this process's own monotonic clock: neither a jump of a clock nor one
 * that differs from the API server's matters, and a virt-controller that starts with all the others gives virt-api its time.
 */
export class Outage {
  readonly #clock: Clock;
  #seen: { transition: string; sinceMs: number } | undefined;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** Milliseconds since one of these was first seen out of reach; undefined while none is. To be asked at every change. */
  lengthMs(services: readonly ApiService[]): number | undefined {
    const nowMs = this.#clock.monotonicMs();
    // Another transition is another outage, also where nobody looked in between.
    const [transition] = services
      .map(availability)
      .filter((condition) => condition?.status === 'False')
      .map((condition) => String(condition?.lastTransitionTime))
      .toSorted();
    if (transition === undefined) this.#seen = undefined;
    else if (this.#seen?.transition !== transition) this.#seen = { transition, sinceMs: nowMs };
    return this.#seen && nowMs - this.#seen.sinceMs;
  }
}
