import type { Gauge, Metrics } from '@quickvirt/telemetry';

/** virt-api's own metrics; their names are KubeVirt's. */
export interface ApiMetrics {
  /** 1 while the process can serve, else 0. */
  ready: Gauge;
  consoleConnections: Gauge<'namespace' | 'vmi'>;
}

/** @param isReady asked at each scrape. */
export function apiMetrics(metrics: Metrics, isReady: () => boolean | Promise<boolean>): ApiMetrics {
  return {
    ready: metrics.gauge({
      name: 'kubevirt_virt_api_ready_status',
      help: 'Whether this virt-api is ready: 1 or 0.',
      collect: async (gauge) => gauge.set((await isReady()) ? 1 : 0),
    }),
    consoleConnections: metrics.gauge({
      name: 'kubevirt_console_active_connections',
      help: 'Open serial console connections.',
      labelNames: ['namespace', 'vmi'],
    }),
  };
}
