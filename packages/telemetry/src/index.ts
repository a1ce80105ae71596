/**
 * Logs, metrics and health of one process. virt-launcher imports `createLineLogger` alone: the package is free of side
 * effects, so a bundle of it holds neither winston nor prom-client.
 */
export { describeError, type LogFields, type LoggedObject, type Logger, type LoggerOptions } from './logger.ts';
export { createLineLogger, type LineLoggerOptions } from './line-logger.ts';
export { createLogger } from './winston-logger.ts';
export {
  Metrics,
  type Counter,
  type Gauge,
  type GaugeOptions,
  type Histogram,
  type HistogramOptions,
  type MetricOptions,
} from './metrics.ts';
export type { Row } from './row-family.ts';
export {
  HealthServer,
  healthHandlers,
  type HealthCheck,
  type HealthHandlers,
  type HealthServerOptions,
  type HealthSources,
  type RequestHandler,
} from './health.ts';
