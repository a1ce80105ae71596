import type { ClientWrapper } from './processes/controller-process.ts';

/** A way to break the reconcilers on purpose: the simulation must find it. */
export interface Mutant {
  readonly name: string;
  readonly controller?: ClientWrapper;
  readonly handler?: ClientWrapper;
}
