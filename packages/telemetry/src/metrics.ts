import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { renderRows, type Row, type RowFamily } from './row-family.ts';

export type { Counter, Gauge, Histogram } from 'prom-client';

export interface MetricOptions<Label extends string> {
  /** Full name, unit last (`..._seconds`, `..._bytes`, `..._total`). */
  name: string;
  help: string;
  labelNames?: readonly Label[];
}

export interface GaugeOptions<Label extends string> extends MetricOptions<Label> {
  /** Called at scrape time; sets the gauge's values. */
  collect?: (gauge: Gauge<Label>) => void | Promise<void>;
}

export interface HistogramOptions<Label extends string> extends MetricOptions<Label> {
  /** Upper bounds, ascending, in the metric's unit. Defaults to prom-client's 5 ms to 10 s. */
  buckets?: readonly number[];
}

/**
 * The metrics of one process, in a registry of their own. Asking twice for a name gives the same metric, so that parts
 * that exist several times (work queues, reflectors) share one family and differ by label. Asking for a taken name with
 * another type throws.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #families = new Map<string, RowFamily>();

  /** @param options.process adds Node's process metrics (CPU, RSS, event loop lag, GC). Defaults to false. */
  constructor(options: { process?: boolean } = {}) {
    if (options.process) collectDefaultMetrics({ register: this.registry });
  }

  counter<Label extends string = never>(options: MetricOptions<Label>): Counter<Label> {
    return this.#existing(options.name, Counter<Label>) ?? new Counter({ ...this.#base(options) });
  }

  gauge<Label extends string = never>(options: GaugeOptions<Label>): Gauge<Label> {
    const { collect } = options;
    return (
      this.#existing(options.name, Gauge<Label>) ??
      new Gauge<Label>({
        ...this.#base(options),
        ...(collect && {
          collect(this: Gauge<Label>) {
            return collect(this);
          },
        }),
      })
    );
  }

  histogram<Label extends string = never>(options: HistogramOptions<Label>): Histogram<Label> {
    return (
      this.#existing(options.name, Histogram<Label>) ??
      new Histogram<Label>({ ...this.#base(options), ...(options.buckets && { buckets: [...options.buckets] }) })
    );
  }

  /**
   * A gauge with samples for each of many objects, made at scrape time; what is gone leaves no sample behind. For any
   * number of rows: a scrape makes them bit by bit.
   * @throws TypeError when the name is taken.
   */
  rows<Label extends string>(options: MetricOptions<Label>, rows: () => Iterable<Row<Label>>): void {
    const { name, help } = options;
    if (this.#families.has(name) || this.registry.getSingleMetric(name) !== undefined) {
      throw new TypeError(`metric ${name} exists already: choose another name`);
    }
    this.#families.set(name, { name, help, rows });
  }

  /** All metrics in Prometheus' text format, and the content type to serve them with. */
  async expose(): Promise<{ contentType: string; body: string }> {
    const parts = [await this.registry.metrics()];
    for (const family of this.#families.values()) parts.push(await renderRows(family));
    return { contentType: this.registry.contentType, body: parts.join('') };
  }

  #base<Label extends string>({ name, help, labelNames }: MetricOptions<Label>) {
    return { name, help, labelNames: [...(labelNames ?? [])], registers: [this.registry] };
  }

  #existing<M>(name: string, type: abstract new (...parameters: never[]) => M): M | undefined {
    const metric: unknown = this.registry.getSingleMetric(name);
    if (metric === undefined) return undefined;
    if (metric instanceof type) return metric;
    throw new TypeError(`metric ${name} exists already with another type: choose another name`);
  }
}
