import { kubevirts } from '@quickvirt/api';
import {
  apiServices,
  configMaps,
  controller,
  namespaces,
  type Controller,
  type ControllerOptions,
  type EffectRunner,
  type EventRecorder,
  type KubeClient,
  type ConfigMap,
} from '@quickvirt/kube';
import type { Logger, Metrics } from '@quickvirt/telemetry';
import { SUBRESOURCE_GROUP } from '../certificates/names.ts';
import { kubevirtOf } from '../current-config.ts';
import type { Informers } from '../informers.ts';
import { withKind } from '../object-ref.ts';
import { onExisting } from '../refusal.ts';
import {
  decodeWithdrawal,
  encodeWithdrawal,
  fieldManagerOf,
  WITHDRAWN_API_SERVICES,
  type ApiServiceManifest,
} from './manifest.ts';
import { Outage } from './outage.ts';
import { decideApiServices, ownServices, type ApiServicesEffect, type ApiServicesObserved } from './withdrawal.ts';

/** What the controller of the APIServices works with. */
export interface ApiServicesPorts {
  readonly client: KubeClient;
  readonly informers: Pick<Informers, 'apiServices' | 'deployments' | 'withdrawnApiServices' | 'kubevirts'>;
  readonly recorder: EventRecorder;
  readonly namespace: string;
  /** Defaults to `WITHDRAWN_AFTER_MS`. */
  readonly withdrawnAfterMs?: number;
}

/** All APIServices are judged together: one that is out of reach is enough to keep namespaces. */
const KEY = SUBRESOURCE_GROUP;

/** Keeps the aggregated API registered while somebody answers it, and only then: see adr/0018. */
export function apiServicesController(ports: ApiServicesPorts, options: ControllerOptions): Controller {
  const { apiServices: services, deployments, withdrawnApiServices: records } = ports.informers;
  const outage = new Outage(options.clock);
  return controller('api-services', { ...options, workers: 1 })
    .watches(services, ({ spec }) => (spec?.group === SUBRESOURCE_GROUP ? [KEY] : []))
    .watches(deployments, ({ metadata }) => (metadata.name === 'virt-api' ? [KEY] : []))
    .watches(records, () => [KEY])
    .reconciles(
      {
        name: 'api-services',
        observe: () => Promise.resolve(observe(ports, outage)),
        decide: (observed, now) => decideApiServices(observed, now, ports.withdrawnAfterMs),
      },
      effectRunner(ports),
    );
}

/** Registers whether the aggregated API is withdrawn. */
export function apiServicesMetrics({ informers }: Pick<ApiServicesPorts, 'informers'>, metrics: Metrics): void {
  metrics.gauge({
    name: 'quickvirt_api_services_withdrawn',
    help: '1 while the aggregated API (console, start, stop) is withdrawn, because virt-api cannot be reached.',
    collect: (gauge) => gauge.set(informers.withdrawnApiServices.store.list().length),
  });
}

/**
 * When QuickVirt's own namespace is being deleted, nobody will come back to answer: the aggregated API goes with it, or no
 * namespace of the cluster could be deleted any more, this one included. To be called as the process ends.
 */
export async function withdrawFromEndingNamespace(
  { client, informers, namespace }: Pick<ApiServicesPorts, 'client' | 'informers' | 'namespace'>,
  logger: Logger,
): Promise<void> {
  const call = { timeoutMs: 5_000 };
  try {
    const { metadata } = await client.get(namespaces, { name: namespace }, call);
    if (!metadata.deletionTimestamp) return;
    const own = ownServices({ registered: registeredOf(informers), namespace });
    for (const { metadata: service } of own) {
      await client.delete(apiServices, { name: service.name ?? '' }, { uid: service.uid, ...call });
    }
    logger.warn('the namespace is being deleted: the aggregated API is withdrawn', { namespace, services: own.length });
  } catch (error) {
    logger.error('cannot tell whether the namespace is being deleted, or not withdraw the aggregated API', {
      namespace,
      error,
    });
  }
}

function observe({ informers, namespace }: ApiServicesPorts, outage: Outage): ApiServicesObserved {
  const registered = registeredOf(informers);
  const virtApi = informers.deployments.store.get(`${namespace}/virt-api`);
  const record = informers.withdrawnApiServices.store.get(`${namespace}/${WITHDRAWN_API_SERVICES}`);
  return {
    registered,
    outOfReachMs: outage.lengthMs(ownServices({ registered, namespace })),
    virtApiReady: (virtApi?.status?.readyReplicas ?? 0) > 0,
    withdrawal: decodeWithdrawal(record),
    record,
    namespace,
  };
}

function registeredOf(informers: Pick<Informers, 'apiServices'>) {
  return informers.apiServices.store.list().filter(({ spec }) => spec?.group === SUBRESOURCE_GROUP);
}

async function withFieldManager(service: ApiServiceManifest, client: KubeClient): Promise<ApiServiceManifest> {
  if (service.fieldManager) return service;
  const current = await onExisting(() => client.get(apiServices, { name: service.metadata.name }));
  return { ...service, fieldManager: fieldManagerOf(current) };
}

function effectRunner({ client, informers, recorder, namespace }: ApiServicesPorts): EffectRunner<ApiServicesEffect> {
  return async (effect, { logger }) => {
    switch (effect.type) {
      case 'remember': {
        const { uid, resourceVersion } = effect.record?.metadata ?? {};
        const metadata = { name: WITHDRAWN_API_SERVICES, namespace, uid, resourceVersion };
        const services = await Promise.all(
          effect.withdrawal.services.map((service) => withFieldManager(service, client)),
        );
        const record: ConfigMap = { metadata, data: encodeWithdrawal({ ...effect.withdrawal, services }) };
        await (effect.record ? client.replace(configMaps, record) : client.create(configMaps, record));
        return;
      }
      case 'unregister': {
        const { name = '', uid, resourceVersion } = effect.service.metadata;
        // It may have come within reach just now.
        await client.delete(apiServices, { name }, { uid, resourceVersion });
        return;
      }
      case 'register': {
        const { metadata, spec, fieldManager } = effect.service;
        const object = { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata, spec };
        // By apply, because RBAC cannot bind a create by POST to a name.
        await client.patch(apiServices, { name: metadata.name }, object, { kind: 'apply', fieldManager });
        return;
      }
      case 'forget': {
        const { uid, resourceVersion } = effect.record.metadata;
        await client.delete(configMaps, { name: WITHDRAWN_API_SERVICES, namespace }, { uid, resourceVersion });
        return;
      }
      case 'tell': {
        const { what, message } = effect;
        if (what === 'withdrawn') logger.warn(message);
        else logger.info(message);
        const kubevirt = kubevirtOf(informers.kubevirts);
        if (!kubevirt) return;
        recorder.event(
          withKind(kubevirts, kubevirt),
          what === 'withdrawn'
            ? { type: 'Warning', reason: 'ApiServicesWithdrawn', message }
            : { type: 'Normal', reason: 'ApiServicesRegistered', message },
        );
      }
    }
  };
}
