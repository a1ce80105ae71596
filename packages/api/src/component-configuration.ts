import type { Integer } from './scalars.ts';

/** Settings of a component. */
export interface ReloadableComponentConfiguration {
  /** How it talks to the API server. */
  restClient?: RESTClientConfiguration;
}

/** How a component talks to the API server. */
export interface RESTClientConfiguration {
  /** Limit of its requests. */
  rateLimiter?: RateLimiter;
}

/** Limit of requests. */
export interface RateLimiter {
  /** Limit by a token bucket. */
  tokenBucketRateLimiter?: TokenBucketRateLimiter;
}

/** A token bucket. */
export interface TokenBucketRateLimiter {
  /** Requests at once beyond the rate. Default: 400 (100 for virt-handler). */
  burst: Integer;
  /** Requests a second. Default: 200 (50 for virt-handler). */
  qps: number;
}
