import type { StepContext } from '../src/step-context.ts';
import type { NestedMachine } from './nested-machine.ts';

/** What a step of a case on the nested machine works with. */
export interface NestedContext extends StepContext {
  machine: NestedMachine;
}
