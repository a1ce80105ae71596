import type { Logger } from '@quickvirt/telemetry';
import { BackOff } from './back-off.ts';
import type { ApiClient } from './client.ts';
import { systemClock, type Clock } from './clock.ts';
import { ApiError, isGone } from './errors.ts';
import type { KubeObject, ResourceType } from './resource-type.ts';

/**
 * What a reflector tells, in this order: `init`, any number of `initApply`, `initDone`, then `apply` and `delete`, until
 * the next `init`. Between `init` and `initDone` a consumer gathers the new state and keeps serving the old one.
 * `position` is the resourceVersion up to which everything has been told.
 */
export type ReflectorEvent<T> =
  | { type: 'init' }
  | { type: 'initApply'; object: T }
  | { type: 'initDone'; position: string }
  | { type: 'apply'; object: T; position: string }
  | { type: 'delete'; object: T; position: string }
  | { type: 'position'; position: string };

export interface ReflectorOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  logger?: Logger;
  clock?: Clock;
  /** Objects a page. Defaults to 500. */
  pageSize?: number;
  /** Defaults to 290. */
  watchTimeoutSeconds?: number;
  /** Defaults to 120 s. */
  idleTimeoutMs?: number;
  random?: () => number;
}

/**
 * Where a reflector stands.
 * - `empty`: knows nothing, lists next.
 * - `page`: holds pages of a list that is not complete.
 * - `listed`: knows everything up to `resourceVersion`, watches next.
 */
type State =
  | { at: 'empty'; pageSize: number }
  | { at: 'page'; continueToken: string; pageSize: number }
  | { at: 'listed'; resourceVersion: string };

const BACK_OFF = { minMs: 800, maxMs: 30_000, resetAfterMs: 120_000 };
/** A watch that ends sooner without an event is treated as a failure, or an ill server would be called in a loop. */
const HEALTHY_WATCH_MS = 1_000;

/**
 * Tells the state of a kind and then each change of it, for as long as it runs. Guarantees: no change is missed (a
 * watch resumes where it broke off, and if the server no longer knows that point, everything is listed again); the last
 * state of each object is told; states in between may be skipped.
 */
export class Reflector<T extends KubeObject> {
  readonly #client: ApiClient;
  readonly #type: ResourceType<T>;
  readonly #options: ReflectorOptions;
  readonly #clock: Clock;
  readonly #backOff: BackOff;
  #listedAtMs = -Infinity;

  constructor(client: ApiClient, type: ResourceType<T>, options: ReflectorOptions = {}) {
    this.#client = client;
    this.#type = type;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#backOff = new BackOff({ ...BACK_OFF, ...(options.random && { random: options.random }) });
  }

  /** Runs until aborted; never rejects. `tell` must not throw and must not block. */
  async run(signal: AbortSignal, tell: (event: ReflectorEvent<T>) => void): Promise<void> {
    let state: State = this.#empty();
    while (!signal.aborted) {
      try {
        state = await this.#step(state, signal, tell);
      } catch (error) {
        if (signal.aborted) return;
        const alreadyListed = state.at === 'listed';
        if (isGone(error)) state = this.#expired(state);
        if (alreadyListed && isGone(error) && this.#isCalm()) continue;
        await this.#pause(error, signal);
      }
    }
  }

  #empty(): State {
    return { at: 'empty', pageSize: this.#options.pageSize ?? 500 };
  }

  /**
   * After 410. A list whose pages expire before they are read is asked for in one piece next time: a slow reader of a
   * busy cluster would never come to an end otherwise.
   */
  #expired(state: State): State {
    return state.at === 'page' ? { at: 'empty', pageSize: 0 } : this.#empty();
  }

  /** Whether the last list is so long ago that another one may follow at once. */
  #isCalm(): boolean {
    return this.#clock.monotonicMs() - this.#listedAtMs > 10_000;
  }

  #step(state: State, signal: AbortSignal, tell: (event: ReflectorEvent<T>) => void): Promise<State> {
    switch (state.at) {
      case 'empty':
        tell({ type: 'init' });
        return this.#listPage(state.pageSize, undefined, signal, tell);
      case 'page':
        return this.#listPage(state.pageSize, state.continueToken, signal, tell);
      case 'listed':
        return this.#watch(state.resourceVersion, signal, tell);
    }
  }

  async #listPage(
    pageSize: number,
    continueToken: string | undefined,
    signal: AbortSignal,
    tell: (event: ReflectorEvent<T>) => void,
  ): Promise<State> {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    const page = await this.#client.listPage(
      this.#type,
      { namespace, labelSelector, fieldSelector, limit: pageSize, signal },
      continueToken,
    );
    for (const object of page.items) tell({ type: 'initApply', object });
    if (page.metadata.continue) return { at: 'page', continueToken: page.metadata.continue, pageSize };
    const { resourceVersion } = page.metadata;
    this.#listedAtMs = this.#clock.monotonicMs();
    tell({ type: 'initDone', position: resourceVersion });
    return { at: 'listed', resourceVersion };
  }

  async #watch(from: string, signal: AbortSignal, tell: (event: ReflectorEvent<T>) => void): Promise<State> {
    const { namespace, labelSelector, fieldSelector, idleTimeoutMs, watchTimeoutSeconds } = this.#options;
    const startMs = this.#clock.monotonicMs();
    let position = from;
    try {
      const watch = this.#client.watch(this.#type, {
        namespace,
        labelSelector,
        fieldSelector,
        resourceVersion: from,
        ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
        ...(watchTimeoutSeconds !== undefined && { timeoutSeconds: watchTimeoutSeconds }),
        signal,
      });
      for await (const event of watch) {
        if (event.type === 'ERROR') {
          const { code = 500 } = event.object;
          throw new ApiError(`watch of ${this.#type.plural}`, { status: code, body: event.object });
        }
        position = event.object.metadata.resourceVersion ?? position;
        if (event.type === 'BOOKMARK') tell({ type: 'position', position });
        else if (event.type === 'DELETED') tell({ type: 'delete', object: event.object, position });
        else tell({ type: 'apply', object: event.object, position });
      }
    } catch (error) {
      if (signal.aborted || isGone(error)) throw error;
      // A watch that did live is resumed at once: the API server that ends may have a neighbour that serves.
      if (this.#clock.monotonicMs() - startMs < HEALTHY_WATCH_MS) await this.#pause(error, signal);
      return { at: 'listed', resourceVersion: position };
    }
    const livedMs = this.#clock.monotonicMs() - startMs;
    if (position === from && livedMs < HEALTHY_WATCH_MS) {
      await this.#pause(new Error(`the watch ended after ${Math.round(livedMs)} ms without an event`), signal);
    }
    return { at: 'listed', resourceVersion: position };
  }

  async #pause(error: unknown, signal: AbortSignal): Promise<void> {
    const delayMs = Math.round(this.#backOff.next(this.#clock.monotonicMs()));
    const level = isGone(error) ? 'info' : 'warn';
    this.#options.logger?.[level]('reflector starts again', { resource: this.#type.plural, delayMs, error });
    await this.#clock.sleep(delayMs, signal).catch(() => undefined);
  }
}
