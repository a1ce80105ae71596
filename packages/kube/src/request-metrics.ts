import type { Counter, Histogram, Metrics } from '@quickvirt/telemetry';

type RequestLabels = 'code' | 'method' | 'host' | 'resource' | 'verb';

/** `<prefix>rest_client_*`: the names and labels that client-go's users know. */
export class RequestMetrics {
  readonly #requests: Counter<RequestLabels>;
  readonly #latency: Histogram<'verb' | 'url'>;

  constructor(metrics: Metrics, prefix = '') {
    this.#requests = metrics.counter({
      name: `${prefix}rest_client_requests_total`,
      help: 'Requests to the API server by code, method, host, resource and verb.',
      labelNames: ['code', 'method', 'host', 'resource', 'verb'],
    });
    this.#latency = metrics.histogram({
      name: `${prefix}rest_client_request_latency_seconds`,
      help: 'Time to the head of the answer by verb and URL.',
      labelNames: ['verb', 'url'],
      buckets: [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1, 2, 4, 8, 16],
    });
  }

  /** @param code HTTP status, or `<error>` when none came. */
  observe(
    request: { method: string; resource?: string; verb?: string },
    host: string,
    code: string,
    latencyMs: number,
  ): void {
    const { method, resource = 'none', verb = method.toLowerCase() } = request;
    this.#requests.inc({ code, method, host, resource, verb });
    // The URL without names: one series a resource, not one an object.
    this.#latency.observe({ verb, url: `https://${host}/${resource}` }, latencyMs / 1000);
  }
}
