import type { Counter, Gauge, Histogram, Metrics } from '@quickvirt/telemetry';
import { systemClock, type Clock } from './clock.ts';

/** What a work queue tells of its life; see `WorkQueueMetrics`. */
export interface WorkQueueObserver {
  attach(queue: { readonly depth: number }): void;
  detach(queue: { readonly depth: number }): void;
  added(key: string): void;
  began(key: string): void;
  ended(key: string): void;
  retried(): void;
}

const BUCKETS = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10];

/** One queue's share of the `<prefix>workqueue_*` metrics, under its `name` label: client-go's names and buckets. */
export class WorkQueueMetrics implements WorkQueueObserver {
  readonly #families: Families;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #addedAtMs = new Map<string, number>();
  readonly #beganAtMs = new Map<string, number>();
  #queue: { readonly depth: number } | undefined;

  /** @param name value of the `name` label, unique in the process. */
  constructor(metrics: Metrics, options: { name: string; prefix?: string; clock?: Clock }) {
    this.#families = familiesOf(metrics, options.prefix ?? '');
    this.#name = options.name;
    this.#clock = options.clock ?? systemClock;
    // A series that is there from the start lets rates see its first count.
    this.#families.adds.inc({ name: this.#name }, 0);
    this.#families.retries.inc({ name: this.#name }, 0);
  }

  attach(queue: { readonly depth: number }): void {
    this.#queue = queue;
    this.#families.queues.add(this);
  }

  detach(): void {
    this.#families.queues.delete(this);
  }

  added(key: string): void {
    this.#families.adds.inc({ name: this.#name });
    if (!this.#addedAtMs.has(key)) this.#addedAtMs.set(key, this.#clock.monotonicMs());
  }

  began(key: string): void {
    const nowMs = this.#clock.monotonicMs();
    const addedAtMs = this.#addedAtMs.get(key) ?? nowMs;
    this.#addedAtMs.delete(key);
    this.#beganAtMs.set(key, nowMs);
    this.#families.queueDuration.observe({ name: this.#name }, (nowMs - addedAtMs) / 1000);
  }

  ended(key: string): void {
    const beganAtMs = this.#beganAtMs.get(key);
    if (beganAtMs === undefined) return;
    this.#beganAtMs.delete(key);
    this.#families.workDuration.observe({ name: this.#name }, (this.#clock.monotonicMs() - beganAtMs) / 1000);
  }

  retried(): void {
    this.#families.retries.inc({ name: this.#name });
  }

  /** Sets the gauges; called at each scrape. */
  collect(): void {
    const nowMs = this.#clock.monotonicMs();
    const runningSeconds = [...this.#beganAtMs.values()].map((beganAtMs) => (nowMs - beganAtMs) / 1000);
    const name = this.#name;
    this.#families.depth.set({ name }, this.#queue?.depth ?? 0);
    this.#families.unfinished.set(
      { name },
      runningSeconds.reduce((sum, seconds) => sum + seconds, 0),
    );
    this.#families.longest.set({ name }, Math.max(0, ...runningSeconds));
  }
}

interface Families {
  adds: Counter<'name'>;
  retries: Counter<'name'>;
  depth: Gauge<'name'>;
  unfinished: Gauge<'name'>;
  longest: Gauge<'name'>;
  queueDuration: Histogram<'name'>;
  workDuration: Histogram<'name'>;
  queues: Set<WorkQueueMetrics>;
}

/** The families exist once a registry and prefix; their gauges ask all queues. */
const known = new WeakMap<Metrics, Map<string, Families>>();

function familiesOf(metrics: Metrics, prefix: string): Families {
  const byPrefix = known.get(metrics) ?? new Map<string, Families>();
  known.set(metrics, byPrefix);
  const existing = byPrefix.get(prefix);
  if (existing) return existing;
  const labelNames = ['name'] as const;
  const named = (name: string, help: string) => ({ name: `${prefix}workqueue_${name}`, help, labelNames });
  const queues = new Set<WorkQueueMetrics>();
  const families: Families = {
    queues,
    adds: metrics.counter(named('adds_total', 'Keys added to the work queue.')),
    retries: metrics.counter(named('retries_total', 'Keys added again because they failed.')),
    depth: metrics.gauge({
      ...named('depth', 'Keys that wait.'),
      collect: () => queues.forEach((queue) => queue.collect()),
    }),
    unfinished: metrics.gauge(
      named('unfinished_work_seconds', 'Sum of the time that work under way has taken so far.'),
    ),
    longest: metrics.gauge(
      named('longest_running_processor_seconds', 'Time that the longest work under way has taken so far.'),
    ),
    queueDuration: metrics.histogram({
      ...named('queue_duration_seconds', 'Time a key waits before it is worked on.'),
      buckets: BUCKETS,
    }),
    workDuration: metrics.histogram({
      ...named('work_duration_seconds', 'Time the work on a key takes.'),
      buckets: BUCKETS,
    }),
  };
  byPrefix.set(prefix, families);
  return families;
}
