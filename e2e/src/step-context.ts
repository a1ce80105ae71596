import type { Kubectl } from './kubectl.ts';

/** What a step works with. */
export interface StepContext {
  kubectl: Kubectl;
  kubeconfig: string;
  /** The case's own namespace. */
  namespace: string;
  /** Where QuickVirt is installed. */
  system: string;
  /** `${name}` in later steps. */
  variables: Record<string, string>;
}

/** Brings about or checks one document of a step. @throws an Error that says what did not hold. */
export type StepExecutor = (document: Record<string, unknown>, context: StepContext) => Promise<void>;

/** How long a step waits for what it asserts, unless its document says otherwise. */
export const defaultTimeoutMs = 60_000;
