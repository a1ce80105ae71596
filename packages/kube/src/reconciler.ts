import type { Logger } from '@quickvirt/telemetry';

/** What a decision asks for. */
export interface Decision<Effect> {
  /** Run one after the other, in this order; the first that fails ends the run. A status write comes last. */
  effects: Effect[];
  /** Reconcile again after this time even if nothing happens (a deadline to judge, never a poll). */
  requeueAfterMs?: number;
}

/** The logic of one controller. Level-triggered: it sees a key, never the event that led to it. */
export interface Reconciler<Observed, Effect> {
  name: string;
  /** Reads what the decision needs, from caches only. Undefined when the primary object is gone. */
  observe(key: string): Promise<Observed | undefined>;
  /** Pure: same observation and time, same decision. After its own effects it yields none. */
  decide(observed: Observed, now: Date): Decision<Effect>;
  /**
   * Pure: how a failure of `decide` or of an effect is shown on the object (a condition, an event). Not asked for
   * conflicts, AlreadyExists and RetryAfter. Its effects are run once; if they fail, that is logged only.
   */
  failed?(observed: Observed, error: Error, now: Date): Effect[];
}

/** What runs one effect gets beside the effect. */
export interface EffectContext {
  key: string;
  /** The same id as in the log lines of this run. */
  reconcileId: string;
  logger: Logger;
  /** Aborted when the controller stops. */
  signal: AbortSignal;
}

/**
 * Runs one effect: the only place of a controller that writes. Throws `Terminal` (not retried), `RetryAfter` (wait), or
 * anything else (retried with back-off). A conflict or AlreadyExists from the API server ends the run and requeues.
 */
export type EffectRunner<Effect> = (effect: Effect, context: EffectContext) => Promise<void>;
