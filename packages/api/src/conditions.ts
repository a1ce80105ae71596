import type { Int64, Time } from './scalars.ts';

export type ConditionStatus = 'True' | 'False' | 'Unknown';

export interface Condition {
  /** @nullable */
  lastProbeTime?: Time;
  /** @nullable */
  lastTransitionTime?: Time;
  message?: string;
  reason?: string;
  status: ConditionStatus;
  type: string;
}

export interface StrictCondition {
  lastTransitionTime: Time;
  /** @maxLength 32768 */
  message: string;
  observedGeneration?: Int64;
  /**
   * @minLength 1
   * @maxLength 1024
   * @pattern ^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$
   */
  reason: string;
  /** @enforced */
  status: ConditionStatus;
  /**
   * @maxLength 316
   * @pattern ^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$
   */
  type: string;
}
