import type { Metrics } from '@quickvirt/telemetry';

/** One sample: labels and value. */
export type Row<Label extends string> = readonly [labels: Record<Label, string>, value: number];

/** What KubeVirt's metrics say where there is nothing to say. */
export const NONE = '<none>';

/** Registers a gauge whose samples are made from the caches at scrape time; what is gone leaves no sample behind. */
export function rowsMetric<Label extends string>(
  metrics: Metrics,
  { name, help, labelNames }: { name: string; help: string; labelNames: readonly Label[] },
  rows: () => Iterable<Row<Label>>,
): void {
  metrics.gauge<Label>({
    name,
    help,
    labelNames,
    collect: (gauge) => {
      gauge.reset();
      for (const [labels, value] of rows()) gauge.set(labels, value);
    },
  });
}
