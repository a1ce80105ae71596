import { randomUUID } from 'node:crypto';
import type { Counter, Histogram, Logger, Metrics } from '@quickvirt/telemetry';
import { systemClock, type Clock } from './clock.ts';
import { isAlreadyExists, isConflict, RetryAfter, Terminal } from './errors.ts';
import type { ChangeSource, Informer, StoreChange } from './informer.ts';
import type { EffectContext, EffectRunner, Reconciler } from './reconciler.ts';
import { controllerOf, keyOf, nameOfKey, type KubeObject, type ResourceType } from './resource-type.ts';
import { WorkQueueMetrics } from './work-queue-metrics.ts';
import { WorkQueue } from './work-queue.ts';

export interface ControllerOptions {
  logger: Logger;
  metrics?: Metrics;
  /** Prefix of metric names, for example `kubevirt_`. Defaults to none. */
  metricsPrefix?: string;
  /** Keys worked on at once. Defaults to 4. */
  workers?: number;
  clock?: Clock;
  /** 0 to 1, for the jitter of retries. Defaults to Math.random. */
  random?: () => number;
}

/** Which changes count. Answers false to ignore one. */
export type Predicate<T> = (change: StoreChange<T>) => boolean;

/** An informer whose kind does not matter here. */
export type AnyInformer = Pick<Informer<KubeObject>, 'type' | 'run' | 'synced' | 'isSynced'>;

/** Runs a Reconciler over a work queue. Made by `controller(name)`. */
export interface Controller {
  readonly name: string;
  /** The informers it reads: wait for their sync before `run`; the Manager does. */
  readonly informers: readonly AnyInformer[];
  /** Works until aborted; resolves when the runs under way have ended. */
  run(signal: AbortSignal): Promise<void>;
  /** For events that come from outside the API server (a socket, inotify). */
  enqueue(key: string, delayMs?: number): void;
}

/** Begins the sentence: `controller('vmi', {...}).for(vmis).owns(pods).reconciles(reconciler, runEffect)`. */
export function controller(name: string, options: ControllerOptions): ControllerBuilder {
  return new ControllerBuilder(name, options);
}

/** Says in one sentence what a controller reconciles; ends with `reconciles`. */
export class ControllerBuilder {
  readonly #name: string;
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  readonly #informers = new Set<AnyInformer>();
  #primary: ResourceType | undefined;

  constructor(name: string, options: ControllerOptions) {
    const { metrics, metricsPrefix: prefix, clock, random } = options;
    this.#name = name;
    this.#options = options;
    this.#queue = new WorkQueue({
      clock,
      random,
      ...(metrics && { observer: new WorkQueueMetrics(metrics, { name, prefix, clock }) }),
    });
  }

  /** The primary kind: each change of an object enqueues its key. */
  for<T extends KubeObject>(informer: Informer<T>, predicate?: Predicate<T>): this {
    this.#primary = informer.type as ResourceType;
    return this.watches(informer, (object) => [keyOf(object)], predicate);
  }

  /** A kind whose objects the primary controls: enqueues the owner that the controller reference names. */
  owns<T extends KubeObject>(informer: Informer<T>, predicate?: Predicate<T>): this {
    const primary = this.#primary;
    if (!primary) throw new Error(`controller ${this.#name}: call for() before owns()`);
    return this.watches(informer, (object) => ownerKeys(object, primary), predicate);
  }

  /** Any other source: `toKeys` names the primary keys a change concerns; it sees the object before and after. */
  watches<T>(
    source: ChangeSource<T> | (ChangeSource<T> & AnyInformer),
    toKeys: (object: T) => readonly string[],
    predicate?: Predicate<T>,
  ): this {
    if ('synced' in source) this.#informers.add(source);
    source.subscribe((change) => {
      if (predicate && !predicate(change)) return;
      const previous = change.type === 'applied' && change.previous !== undefined ? toKeys(change.previous) : [];
      for (const key of new Set([...previous, ...toKeys(change.object)])) this.#queue.add(key);
    });
    return this;
  }

  reconciles<Observed, Effect>(reconciler: Reconciler<Observed, Effect>, runEffect: EffectRunner<Effect>): Controller {
    const loop = new ReconcileLoop(this.#name, this.#options, this.#queue, reconciler, runEffect, this.#primary);
    return {
      name: this.#name,
      informers: [...this.#informers],
      run: (signal) => loop.run(signal),
      enqueue: (key, delayMs = 0) => this.#queue.addAfter(key, delayMs),
    };
  }
}

function ownerKeys(object: KubeObject, primary: ResourceType): string[] {
  const owner = controllerOf(object);
  // The version may differ from ours: an owner is named by group and kind.
  if (owner?.kind !== primary.kind || groupOf(owner.apiVersion) !== primary.group) return [];
  const namespace = primary.namespaced ? object.metadata.namespace : undefined;
  return [namespace ? `${namespace}/${owner.name}` : owner.name];
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

const RESULTS = ['success', 'requeue_after', 'conflict', 'terminal', 'error'] as const;
type Result = (typeof RESULTS)[number];

class ReconcileLoop<Observed, Effect> {
  readonly #name: string;
  readonly #workers: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #queue: WorkQueue;
  readonly #reconciler: Reconciler<Observed, Effect>;
  readonly #runEffect: EffectRunner<Effect>;
  readonly #kind: string;
  readonly #total: Counter<'controller' | 'result'> | undefined;
  readonly #seconds: Histogram<'controller'> | undefined;

  constructor(
    name: string,
    options: ControllerOptions,
    queue: WorkQueue,
    reconciler: Reconciler<Observed, Effect>,
    runEffect: EffectRunner<Effect>,
    primary: ResourceType | undefined,
  ) {
    const { metrics, metricsPrefix: prefix = '' } = options;
    this.#name = name;
    this.#workers = options.workers ?? 4;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger.child({ controller: name });
    this.#queue = queue;
    this.#reconciler = reconciler;
    this.#runEffect = runEffect;
    this.#kind = primary?.kind ?? name;
    this.#total = metrics?.counter({
      name: `${prefix}controller_reconcile_total`,
      help: 'Reconciles by controller and result.',
      labelNames: ['controller', 'result'],
    });
    this.#seconds = metrics?.histogram({
      name: `${prefix}controller_reconcile_time_seconds`,
      help: 'Time of one reconcile, effects included.',
      labelNames: ['controller'],
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    });
    for (const result of RESULTS) this.#total?.inc({ controller: name, result }, 0);
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#queue.run(this.#workers, signal, async (key) => {
      const startMs = this.#clock.monotonicMs();
      const result = await this.#reconcile(key, signal);
      this.#total?.inc({ controller: this.#name, result });
      this.#seconds?.observe({ controller: this.#name }, (this.#clock.monotonicMs() - startMs) / 1000);
    });
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const reconcileId = randomUUID();
    const object = { kind: this.#kind, ...nameOfKey(key) };
    const context: EffectContext = { key, reconcileId, signal, logger: this.#logger.child({ object, reconcileId }) };
    let observed: Observed | undefined;
    try {
      observed = await this.#reconciler.observe(key);
      if (observed === undefined) {
        this.#queue.forget(key);
        return 'success';
      }
      const { effects, requeueAfterMs } = this.#reconciler.decide(observed, this.#clock.now());
      for (const effect of effects) await this.#runEffect(effect, context);
      this.#queue.forget(key);
      if (requeueAfterMs === undefined) return 'success';
      this.#queue.addAfter(key, requeueAfterMs);
      return 'requeue_after';
    } catch (thrown) {
      return this.#settleFailure(toError(thrown), observed, context);
    }
  }

  /** What becomes of a failed run: the error policy of all controllers. */
  async #settleFailure(error: Error, observed: Observed | undefined, context: EffectContext): Promise<Result> {
    const { key, logger, signal } = context;
    if (signal.aborted) {
      logger.info('reconcile ended by the stop', { error });
      return 'error';
    }
    if (error instanceof RetryAfter) {
      this.#queue.forget(key);
      this.#queue.addAfter(key, error.delayMs);
      logger.debug('reconcile waits', { delayMs: error.delayMs, reason: error.message });
      return 'requeue_after';
    }
    if (isConflict(error) || isAlreadyExists(error)) {
      const delayMs = this.#queue.addRateLimited(key);
      logger.debug('the cache was behind: reconcile again', { delayMs, error });
      return 'conflict';
    }
    if (error instanceof Terminal) {
      this.#queue.forget(key);
      logger.error('reconcile failed for good', { reason: error.reason, error });
    } else {
      const delayMs = this.#queue.addRateLimited(key);
      logger.error('reconcile failed: tried again later', { delayMs, failures: this.#queue.failures(key), error });
    }
    if (observed !== undefined) await this.#showFailure(observed, error, context);
    return error instanceof Terminal ? 'terminal' : 'error';
  }

  async #showFailure(observed: Observed, error: Error, context: EffectContext): Promise<void> {
    try {
      const effects = this.#reconciler.failed?.(observed, error, this.#clock.now()) ?? [];
      for (const effect of effects) await this.#runEffect(effect, context);
    } catch (cause) {
      context.logger.warn('cannot show the failure on the object', { error: cause });
    }
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`something that is no Error was thrown: ${String(thrown)}`);
}
