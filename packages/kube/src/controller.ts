import type { Logger, Metrics } from '@quickvirt/telemetry';
import type { Clock } from './clock.ts';
import type { ChangeSource, Informer, StoreChange } from './informer.ts';
import type { EffectRunner, Reconciler } from './reconciler.ts';
import type { KubeObject } from './resource-type.ts';

export interface ControllerOptions {
  logger: Logger;
  metrics?: Metrics;
  /** Prefix of metric names, for example `kubevirt_`. Defaults to none. */
  metricsPrefix?: string;
  /** Keys worked on at once. Defaults to 4. */
  workers?: number;
  clock?: Clock;
}

/** Which changes count. Answers false to ignore one. */
export type Predicate<T> = (change: StoreChange<T>) => boolean;

/** Says in one sentence what a controller reconciles; ends with `reconciles`. */
export interface ControllerBuilder {
  /** The primary kind: each change of an object enqueues its key. */
  for<T extends KubeObject>(informer: Informer<T>, predicate?: Predicate<T>): ControllerBuilder;
  /** A kind whose objects the primary controls: enqueues the owner named by the controller reference. */
  owns<T extends KubeObject>(informer: Informer<T>, predicate?: Predicate<T>): ControllerBuilder;
  /** Any other source: `toKeys` names the primary keys a change concerns; it sees the object before and after. */
  watches<T>(
    source: ChangeSource<T>,
    toKeys: (object: T) => readonly string[],
    predicate?: Predicate<T>,
  ): ControllerBuilder;
  reconciles<Observed, Effect>(reconciler: Reconciler<Observed, Effect>, runEffect: EffectRunner<Effect>): Controller;
}

/** Runs a Reconciler over a work queue. Made by `controller(name)`. */
export interface Controller {
  readonly name: string;
  /** The informers it reads: wait for their sync before `run`; the Manager does. */
  readonly informers: readonly Informer<KubeObject>[];
  /** Works until aborted; resolves when the runs under way have ended. */
  run(signal: AbortSignal): Promise<void>;
  /** For events that come from outside the API server (a socket, inotify). */
  enqueue(key: string, delayMs?: number): void;
}

/** Begins the sentence: `controller('vmi', {...}).for(vmis).owns(pods).reconciles(reconciler, runEffect)`. */
export function controller(_name: string, _options: ControllerOptions): ControllerBuilder {
  throw new Error('not landed yet');
}
