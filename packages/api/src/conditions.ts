import type { Int64, Time } from './scalars.ts';

/** Whether a fact holds. */
export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** One fact about an object that is true, false or unknown. */
export interface Condition {
  /**
   * When the fact was last looked at.
   * @nullable
   */
  lastProbeTime?: Time;
  /**
   * When the status last changed.
   * @nullable
   */
  lastTransitionTime?: Time;
  /** Why, for people. */
  message?: string;
  /** Why, in one word. */
  reason?: string;
  /** Whether the fact holds. */
  status: ConditionStatus;
  /** Which fact this is. */
  type: string;
}

/** A condition in the form of Kubernetes' own kinds, where every part is needed. */
export interface StrictCondition {
  /** When the status last changed. */
  lastTransitionTime: Time;
  /**
   * Why, for people.
   * @maxLength 32768
   */
  message: string;
  /** Generation of the object that the fact was found at. */
  observedGeneration?: Int64;
  /**
   * Why, in one word.
   * @minLength 1
   * @maxLength 1024
   * @pattern ^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$
   */
  reason: string;
  /**
   * Whether the fact holds.
   * @enforced
   */
  status: ConditionStatus;
  /**
   * Which fact this is.
   * @maxLength 316
   * @pattern ^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$
   */
  type: string;
}
