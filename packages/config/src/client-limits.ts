import type { KubeVirtConfiguration, ReloadableComponentConfiguration } from '@quickvirt/api';

/** Requests a second to the API server that a component allows itself, and how many at once beyond that. */
export interface ClientLimit {
  readonly qps: number;
  readonly burst: number;
}

/** Client limits of each component. */
export interface ClientLimits {
  readonly virtApi: ClientLimit;
  readonly virtController: ClientLimit;
  readonly virtHandler: ClientLimit;
  readonly webhook: ClientLimit;
}

/** The limits, with their defaults. */
export function clientLimitsFrom(configuration: KubeVirtConfiguration): ClientLimits {
  return {
    virtApi: clientLimitFrom(configuration.apiConfiguration, { qps: 200, burst: 400 }),
    virtController: clientLimitFrom(configuration.controllerConfiguration, { qps: 200, burst: 400 }),
    virtHandler: clientLimitFrom(configuration.handlerConfiguration, { qps: 50, burst: 100 }),
    webhook: clientLimitFrom(configuration.webhookConfiguration, { qps: 200, burst: 400 }),
  };
}

function clientLimitFrom(component: ReloadableComponentConfiguration | undefined, defaults: ClientLimit): ClientLimit {
  const bucket = component?.restClient?.rateLimiter?.tokenBucketRateLimiter;
  return { qps: bucket?.qps || defaults.qps, burst: bucket?.burst || defaults.burst };
}
