import type { Counter, Logger, Metrics } from '@quickvirt/telemetry';
import { BackOff } from './back-off.ts';
import { BoundedMap } from './bounded-map.ts';
import type { ApiClient } from './client.ts';
import { systemClock, type Clock } from './clock.ts';
import { timestamp } from './conditions.ts';
import { events } from './core-types.ts';
import { ApiError, isAlreadyExists, isNotFound } from './errors.ts';
import { eventName, eventNamespace, eventObject, type EventSource, type RecordedEvent } from './event-object.ts';
import type { KubeObject } from './resource-type.ts';
import { TokenBucket } from './token-bucket.ts';

export interface RecorderOptions extends EventSource {
  logger: Logger;
  metrics?: Metrics;
  /** Prefix of metric names. Defaults to none. */
  metricsPrefix?: string;
  clock?: Clock;
}

/** client-go's spam filter (record/events_cache.go): per object 25 events at once, then one in five minutes. */
const BURST_PER_OBJECT = 25;
const REFILL_MS = 300_000;
const MAX_REMEMBERED = 4_096;
const MAX_WAITING = 1_000;
const MAX_ATTEMPTS = 4;

interface WaitingEvent {
  regarding: KubeObject;
  event: RecordedEvent;
  times: number;
  firstAt: Date;
  lastAt: Date;
}

/**
 * Writes core/v1 Events in the background. An equal event again counts up the one that is there; equal ones that wait
 * become one write. Bounded in memory and per object; what is over the bounds is dropped and counted. `event` never
 * blocks and never throws.
 */
export class Recorder {
  readonly #client: ApiClient;
  readonly #options: RecorderOptions;
  readonly #clock: Clock;
  /** By `namespace/event name`, in order of arrival. */
  readonly #waiting = new Map<string, WaitingEvent>();
  /** Counts of events that were written. */
  readonly #counts = new BoundedMap<string, number>(MAX_REMEMBERED);
  readonly #buckets = new BoundedMap<string, TokenBucket>(MAX_REMEMBERED);
  readonly #dropped: Counter<'reason'> | undefined;
  #draining: Promise<void> | undefined;

  constructor(client: ApiClient, options: RecorderOptions) {
    this.#client = client;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#dropped = options.metrics?.counter({
      name: `${options.metricsPrefix ?? ''}events_dropped_total`,
      help: 'Events that were not written, by reason: limit per object, full queue, or refused.',
      labelNames: ['reason'],
    });
  }

  /** Queues one event about `regarding`, which needs apiVersion, kind, metadata.name and uid. */
  event(regarding: KubeObject, event: RecordedEvent): void {
    const uid = regarding.metadata.uid ?? '';
    if (!this.#bucketOf(uid).take(this.#clock.monotonicMs())) return this.#drop('limit', event);
    const key = `${eventNamespace(regarding)}/${eventName(this.#options, regarding, event)}`;
    const now = this.#clock.now();
    const waiting = this.#waiting.get(key);
    if (waiting) {
      waiting.times += 1;
      waiting.lastAt = now;
    } else if (this.#waiting.size >= MAX_WAITING) {
      this.#drop('queue', event);
    } else {
      this.#waiting.set(key, { regarding: referenceTo(regarding), event, times: 1, firstAt: now, lastAt: now });
    }
    this.#draining ??= this.#drain().finally(() => (this.#draining = undefined));
  }

  /** Resolves once all queued events are written or given up; for an orderly stop. */
  async flush(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    // One after the other: events never compete with the writes that matter.
    for (let [next] = this.#waiting; next; [next] = this.#waiting) {
      const [key, waiting] = next;
      this.#waiting.delete(key);
      await this.#writeWithRetries(key, waiting);
    }
  }

  async #writeWithRetries(key: string, waiting: WaitingEvent): Promise<void> {
    const backOff = new BackOff({ minMs: 500, maxMs: 10_000 });
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#write(key, waiting);
      } catch (error) {
        const refused = error instanceof ApiError && error.status < 500 && error.status !== 429 && !error.isConflict;
        if (refused || attempt >= MAX_ATTEMPTS) return this.#drop('refused', waiting.event, error);
        await this.#clock.sleep(backOff.next(this.#clock.monotonicMs()));
      }
    }
  }

  async #write(key: string, waiting: WaitingEvent): Promise<void> {
    const { regarding, event, times, firstAt, lastAt } = waiting;
    const known = this.#counts.get(key);
    if (known !== undefined && (await this.#countUp(key, known + times, waiting))) return;
    try {
      const seen = { count: times, firstAt, lastAt };
      await this.#client.create(events, eventObject(this.#options, regarding, event, seen));
      this.#counts.set(key, times);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      // Written before this process began, or before it was pushed out of memory.
      const existing = await this.#client.get(events, this.#refOf(waiting));
      await this.#countUp(key, (existing.count ?? 1) + times, waiting);
    }
  }

  /** False when the event is gone (events live for an hour by default). */
  async #countUp(key: string, count: number, waiting: WaitingEvent): Promise<boolean> {
    try {
      const patch = { count, lastTimestamp: timestamp(waiting.lastAt) };
      await this.#client.patch(events, this.#refOf(waiting), patch, { kind: 'merge' });
      this.#counts.set(key, count);
      return true;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      this.#counts.delete(key);
      return false;
    }
  }

  #refOf({ regarding, event }: WaitingEvent): { name: string; namespace: string } {
    return { name: eventName(this.#options, regarding, event), namespace: eventNamespace(regarding) };
  }

  #bucketOf(uid: string): TokenBucket {
    let bucket = this.#buckets.get(uid);
    if (!bucket) {
      bucket = new TokenBucket({ burst: BURST_PER_OBJECT, refillMs: REFILL_MS, nowMs: this.#clock.monotonicMs() });
      this.#buckets.set(uid, bucket);
    }
    return bucket;
  }

  #drop(reason: 'limit' | 'queue' | 'refused', event: RecordedEvent, error?: unknown): void {
    this.#dropped?.inc({ reason });
    const level = reason === 'refused' ? 'warn' : 'debug';
    this.#options.logger[level]('event not written', { dropped: reason, event, error });
  }
}

/** What reconcilers use of a Recorder. */
export type EventRecorder = Pick<Recorder, 'event'>;

/** What an event needs of an object: the whole would be held until it is written. */
function referenceTo({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion, kind, metadata: { name, namespace, uid, resourceVersion } };
}
