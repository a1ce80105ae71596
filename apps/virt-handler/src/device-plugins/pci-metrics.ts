import type { PciPool } from '@quickvirt/node-plan';
import type { PciAddress, QatInventory } from '@quickvirt/qat';
import type { Counter, Gauge, Histogram, Metrics } from '@quickvirt/telemetry';

export interface PciMetricsOptions {
  metrics: Metrics;
  pools: () => readonly PciPool[];
  inventory: () => QatInventory;
  /** Functions that pods hold. */
  held: () => ReadonlySet<PciAddress>;
}

/** An allocation of a device plugin that was answered or refused. */
export interface AllocationOutcome {
  resourceName: string;
  durationMs: number;
  error?: unknown;
}

/** Seconds: the answer takes some file accesses, and a durable write. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

/** What Prometheus sees of PCI functions, of QAT ones above all. Values of the kernel are read at the last look at sysfs. */
export class PciMetrics {
  readonly #options: PciMetricsOptions;
  readonly #allocations: Record<'qat' | 'pci', Counter<'resource' | 'outcome'>>;
  readonly #durations: Record<'qat' | 'pci', Histogram<'resource'>>;

  constructor(options: PciMetricsOptions) {
    this.#options = options;
    const { metrics } = options;
    const allocations = (kind: 'qat' | 'pci', what: string) =>
      metrics.counter({
        name: `quickvirt_${kind}_allocations_total`,
        help: `Containers that asked for ${what}, by outcome (granted, refused).`,
        labelNames: ['resource', 'outcome'],
      });
    const durations = (kind: 'qat' | 'pci', what: string) =>
      metrics.histogram({
        name: `quickvirt_${kind}_allocation_duration_seconds`,
        help: `How long the answer took when a container asked for ${what}.`,
        labelNames: ['resource'],
        buckets: BUCKETS,
      });
    this.#allocations = { qat: allocations('qat', 'QAT functions'), pci: allocations('pci', 'other PCI functions') };
    this.#durations = { qat: durations('qat', 'QAT functions'), pci: durations('pci', 'other PCI functions') };
    this.#gauges();
  }

  /** Counts an allocation. */
  observe({ resourceName, durationMs, error }: AllocationOutcome): void {
    const kind = this.#isQat(resourceName) ? 'qat' : 'pci';
    this.#allocations[kind].inc({ resource: resourceName, outcome: error === undefined ? 'granted' : 'refused' });
    this.#durations[kind].observe({ resource: resourceName }, durationMs / 1000);
  }

  #isQat(resourceName: string): boolean {
    const pool = this.#options.pools().find((one) => one.resourceName === resourceName);
    return pool?.functions.some(({ isQat }) => isQat) ?? false;
  }

  #gauges(): void {
    const { pools, held, inventory } = this.#options;
    this.#gauge(
      'quickvirt_pci_functions',
      'PCI functions that device plugins offer, by state: free, allocated, unhealthy.',
      ['resource', 'state'],
      (gauge) => {
        const allocated = held();
        for (const { resourceName: resource, functions } of pools()) {
          for (const state of ['free', 'allocated', 'unhealthy']) gauge.set({ resource, state }, 0);
          for (const { pciAddress, healthy } of functions) {
            const state = allocated.has(pciAddress) ? 'allocated' : healthy ? 'free' : 'unhealthy';
            gauge.inc({ resource, state });
          }
        }
      },
    );
    this.#gauge(
      'quickvirt_qat_virtual_functions',
      'QAT virtual functions by card and state: free, allocated, unusable.',
      ['physical_function', 'resource', 'state'],
      (gauge) => {
        const allocated = held();
        for (const vf of inventory().virtualFunctions) {
          const isFree = vf.usable && vf.resourceName !== undefined;
          const state = allocated.has(vf.pciAddress) ? 'allocated' : isFree ? 'free' : 'unusable';
          gauge.inc({ physical_function: vf.physicalFunction ?? '', resource: vf.resourceName ?? '', state });
        }
      },
    );
    this.#gauge(
      'quickvirt_qat_findings',
      'Things that are wrong with QAT cards, by code.',
      ['code', 'severity'],
      (gauge) => {
        for (const { code, severity } of inventory().findings) gauge.inc({ code, severity });
      },
    );
    this.#cards();
  }

  /** What the kernel counts for each card; absent where its driver does not tell. */
  #cards(): void {
    const { inventory } = this.#options;
    const cards = () => inventory().physicalFunctions;
    this.#gauge(
      'quickvirt_qat_physical_function_up',
      '1 when the card runs and answers its heartbeat, else 0.',
      ['physical_function'],
      (gauge) => {
        for (const { pciAddress, state, heartbeat, driver } of cards()) {
          const isUp = driver !== undefined && state !== 'down' && heartbeat?.status !== -1;
          gauge.set({ physical_function: pciAddress }, isUp ? 1 : 0);
        }
      },
    );
    this.#gauge(
      'quickvirt_qat_heartbeat_failures',
      'Heartbeats that the card did not answer, since its driver was bound.',
      ['physical_function'],
      (gauge) => {
        for (const { pciAddress, heartbeat } of cards())
          if (heartbeat) gauge.set({ physical_function: pciAddress }, heartbeat.queriesFailed);
      },
    );
    this.#gauge(
      'quickvirt_qat_errors',
      'Errors that the card counted (qat_ras), since its driver was bound or the counters were reset.',
      ['physical_function', 'severity'],
      (gauge) => {
        for (const { pciAddress, ras } of cards())
          for (const [severity, count] of Object.entries(ras ?? {}))
            gauge.set({ physical_function: pciAddress, severity }, count);
      },
    );
    this.#gauge(
      'quickvirt_qat_telemetry',
      "The card's own telemetry, by the kernel's name: util_* in percent, bw_* in Mbit/s, others as the kernel has them.",
      ['physical_function', 'counter'],
      (gauge) => {
        for (const { pciAddress, telemetry } of cards())
          for (const [counter, value] of Object.entries(telemetry ?? {}))
            gauge.set({ physical_function: pciAddress, counter }, value);
      },
    );
  }

  /** A gauge whose values are those of this scrape alone: what is gone has none. */
  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    collect: (gauge: Gauge<Label>) => void,
  ): void {
    this.#options.metrics.gauge({
      name,
      help,
      labelNames,
      collect: (gauge) => {
        gauge.reset();
        collect(gauge);
      },
    });
  }
}
