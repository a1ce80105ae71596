import type { ApiService, ConfigMap, Decision } from '@quickvirt/kube';
import { manifestOf, type ApiServiceManifest } from './manifest.ts';

/** The aggregated API as far as its registration goes. */
export interface ApiServicesObserved {
  /** All that is registered for the group. */
  readonly registered: readonly ApiService[];
  /** How long one of ours has been seen to be out of the API server's reach; undefined: none is, as far as is known. */
  readonly outOfReachMs: number | undefined;
  /** Whether any pod of virt-api is ready. */
  readonly virtApiReady: boolean;
  readonly withdrawal: Withdrawal | undefined;
  /** What `withdrawal` was read from. */
  readonly record: ConfigMap | undefined;
  /** QuickVirt's own namespace. */
  readonly namespace: string;
}

/** What was withdrawn, and is to be registered again. */
export interface Withdrawal {
  readonly at: Date;
  /** How often in a row the API server did not reach a virt-api that was ready; 0: none was ready. */
  readonly unreachableTimes: number;
  readonly services: readonly ApiServiceManifest[];
}

/** What may be done about the registration. */
export type ApiServicesEffect =
  | { readonly type: 'remember'; readonly withdrawal: Withdrawal; readonly record: ConfigMap | undefined }
  | { readonly type: 'unregister'; readonly service: ApiService }
  | { readonly type: 'register'; readonly service: ApiServiceManifest }
  | { readonly type: 'forget'; readonly record: ConfigMap }
  | { readonly type: 'tell'; readonly what: 'withdrawn' | 'registered'; readonly message: string };

/** What is out of reach for so long does not restart: a rollout always leaves a ready pod, a single replica is back in seconds. */
export const WITHDRAWN_AFTER_MS = 60_000;
/** The longest wait before a virt-api that is ready, and could not be reached, is tried again. */
const LONGEST_RETRY_MS = 600_000;

/**
 * Decides whether the aggregated API is registered. While the API server cannot reach virt-api, discovery of its group
 * fails, and kube-controller-manager finishes the deletion of no namespace in the cluster. So it is withdrawn after a
 * while, and registered again once virt-api is ready. Pure.
 * @param withdrawnAfterMs how long it may be out of reach.
 */
export function decideApiServices(
  observed: ApiServicesObserved,
  now: Date,
  withdrawnAfterMs: number = WITHDRAWN_AFTER_MS,
): Decision<ApiServicesEffect> {
  const { withdrawal, virtApiReady } = observed;
  if (!withdrawal) return whenOutOfReach(observed, { now, withdrawnAfterMs, unreachableTimes: virtApiReady ? 1 : 0 });
  if (virtApiReady) return registerAgain(observed, withdrawal, now, withdrawnAfterMs);
  // Somebody, Helm for example, registered them while nothing answers: they go at once.
  const registered = ownServices(observed).length > 0;
  return { effects: registered ? withdraw(observed, { ...withdrawal, at: now, unreachableTimes: 0 }) : [] };
}

/** The registered APIServices that lead to our virt-api; another installation's are none of ours. */
export function ownServices({
  registered,
  namespace,
}: Pick<ApiServicesObserved, 'registered' | 'namespace'>): ApiService[] {
  return registered.filter(({ spec }) => spec?.service?.name === 'virt-api' && spec.service.namespace === namespace);
}

function registerAgain(
  observed: ApiServicesObserved,
  withdrawal: Withdrawal,
  now: Date,
  withdrawnAfterMs: number,
): Decision<ApiServicesEffect> {
  const names = new Set(observed.registered.map(({ metadata }) => metadata.name));
  const missing = withdrawal.services.filter(({ metadata }) => !names.has(metadata.name));
  const { at, unreachableTimes, services } = withdrawal;
  if (missing.length > 0) {
    const pauseMs =
      unreachableTimes === 0 ? 0 : Math.min(LONGEST_RETRY_MS, withdrawnAfterMs * 2 ** (unreachableTimes - 1));
    // Never longer than the whole: a clock that was set back must not keep us waiting.
    const leftMs = Math.min(pauseMs, at.getTime() + pauseMs - now.getTime());
    if (leftMs > 0) {
      // Withdrawing the last time ended halfway.
      const left = ownServices(observed).map((service) => ({ type: 'unregister', service }) as const);
      return { effects: left, requeueAfterMs: leftMs };
    }
    return { effects: missing.map((service) => ({ type: 'register', service })) };
  }
  if (ownServices(observed).every((service) => availability(service)?.status === 'True')) {
    const message = `virt-api answers again: ${namesOf(services)} are registered`;
    const { record } = observed;
    return {
      effects: record
        ? [
            { type: 'forget', record },
            { type: 'tell', what: 'registered', message },
          ]
        : [],
    };
  }
  return whenOutOfReach(observed, { now, withdrawnAfterMs, unreachableTimes: unreachableTimes + 1 });
}

/** Withdraws what has been out of reach for long enough, or looks again when it may be. */
function whenOutOfReach(
  observed: ApiServicesObserved,
  { now, withdrawnAfterMs, unreachableTimes }: { now: Date; withdrawnAfterMs: number; unreachableTimes: number },
): Decision<ApiServicesEffect> {
  const { outOfReachMs, withdrawal } = observed;
  if (outOfReachMs === undefined) return { effects: [] };
  const leftMs = withdrawnAfterMs - outOfReachMs;
  if (leftMs > 0) return { effects: [], requeueAfterMs: leftMs };
  return { effects: withdraw(observed, { at: now, unreachableTimes, services: withdrawal?.services ?? [] }) };
}

/** Remembers first: a crash in between must lose nothing. */
function withdraw(observed: ApiServicesObserved, withdrawal: Withdrawal): ApiServicesEffect[] {
  const services = ownServices(observed);
  const manifests = new Map(withdrawal.services.map((service) => [service.metadata.name, service]));
  for (const service of services) manifests.set(service.metadata.name ?? '', manifestOf(service));
  const reason =
    services.map((service) => availability(service)?.message).find(Boolean) ?? 'no pod of virt-api is ready';
  const message =
    `the API server does not reach virt-api (${reason}): ${namesOf(services)} are withdrawn, because namespaces could not ` +
    'be deleted otherwise. They come back by themselves once virt-api is ready; look at its pods';
  return [
    { type: 'remember', withdrawal: { ...withdrawal, services: [...manifests.values()] }, record: observed.record },
    ...services.map((service) => ({ type: 'unregister', service }) as const),
    { type: 'tell', what: 'withdrawn', message },
  ];
}

/** What the API server says of its way to an APIService; nothing before it tried. */
export function availability({ status }: ApiService) {
  return status?.conditions?.find(({ type }) => type === 'Available');
}

function namesOf(services: readonly { metadata: { name?: string } }[]): string {
  return services.map(({ metadata }) => `APIService ${metadata.name}`).join(' and ');
}
