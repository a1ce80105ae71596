import {
  apiServices,
  controller,
  mutatingWebhookConfigurations,
  testResourceVersion,
  validatingWebhookConfigurations,
  type ApiService,
  type Controller,
  type ControllerOptions,
  type JsonPatchOperation,
  type KubeClient,
  type MutatingWebhookConfiguration,
  type Reconciler,
  type ResourceType,
  type ValidatingWebhookConfiguration,
} from '@quickvirt/kube';
import type { Informers } from '../informers.ts';
import { trustBundle } from './authority.ts';
import { SUBRESOURCE_GROUP } from './names.ts';

/** What the injection controller works with. */
export interface InjectionPorts {
  readonly client: KubeClient;
  readonly informers: Pick<
    Informers,
    'caSecrets' | 'caBundles' | 'mutatingWebhooks' | 'validatingWebhooks' | 'apiServices'
  >;
  readonly namespace: string;
}

/** An object that tells the API server which certificates of virt-api to trust. */
type Trusting = MutatingWebhookConfiguration | ValidatingWebhookConfiguration | ApiService;

type Kind = 'mutating' | 'validating' | 'apiservice';

interface InjectionObserved {
  readonly type: ResourceType<Trusting>;
  readonly object: Trusting;
  /** PEM; empty while there is none. */
  readonly bundle: string;
}

interface InjectionEffect {
  readonly type: ResourceType<Trusting>;
  readonly name: string;
  readonly patch: JsonPatchOperation[];
}

/** Keeps the CA bundle in our webhook configurations and APIServices: the chart installs them without one. */
export function injectionController(ports: InjectionPorts, options: ControllerOptions): Controller {
  const { mutatingWebhooks, validatingWebhooks, apiServices: services, caBundles } = ports.informers;
  const isOurs = ({ spec }: ApiService) => spec?.group === SUBRESOURCE_GROUP;
  const keys = (kind: Kind, objects: readonly Trusting[]) => objects.map(({ metadata }) => `${kind}/${metadata.name}`);
  return controller('ca-injection', { ...options, workers: 1 })
    .watches(mutatingWebhooks, (object) => keys('mutating', [object]))
    .watches(validatingWebhooks, (object) => keys('validating', [object]))
    .watches(services, (object) => keys('apiservice', isOurs(object) ? [object] : []))
    .watches(caBundles, () => [
      ...keys('mutating', mutatingWebhooks.store.list()),
      ...keys('validating', validatingWebhooks.store.list()),
      ...keys('apiservice', services.store.list().filter(isOurs)),
    ])
    .reconciles(injectionReconciler(ports), async ({ type, name, patch }) => {
      await ports.client.patch(type, { name }, patch, { kind: 'json' });
    });
}

function injectionReconciler(ports: InjectionPorts): Reconciler<InjectionObserved, InjectionEffect> {
  return {
    name: 'ca-injection',
    observe: (key) => {
      const slash = key.indexOf('/');
      const found = find(ports, key.slice(0, slash) as Kind, key.slice(slash + 1));
      return Promise.resolve(found && { ...found, bundle: trustBundle(ports) });
    },
    decide: ({ type, object, bundle }) => {
      const patch = bundle === '' ? [] : injectionPatch(object, bundle);
      return { effects: patch.length > 0 ? [{ type, name: object.metadata.name ?? '', patch }] : [] };
    },
  };
}

function find({ informers }: InjectionPorts, kind: Kind, name: string): Omit<InjectionObserved, 'bundle'> | undefined {
  const of = <T extends Trusting>(type: ResourceType<T>, object: T | undefined) =>
    object && { type: type as ResourceType<Trusting>, object };
  switch (kind) {
    case 'mutating':
      return of(mutatingWebhookConfigurations, informers.mutatingWebhooks.store.get(name));
    case 'validating':
      return of(validatingWebhookConfigurations, informers.validatingWebhooks.store.get(name));
    case 'apiservice':
      return of(apiServices, informers.apiServices.store.get(name));
  }
}

/** The operations that put the bundle where it is missing or another; none when all is as it should be. */
export function injectionPatch(object: Trusting, bundle: string): JsonPatchOperation[] {
  const value = Buffer.from(bundle).toString('base64');
  const paths: string[] = [];
  if ('webhooks' in object) {
    for (const [index, { clientConfig }] of (object.webhooks ?? []).entries()) {
      if (clientConfig.caBundle !== value) paths.push(`/webhooks/${index}/clientConfig/caBundle`);
    }
  } else if ('spec' in object && object.spec && object.spec.caBundle !== value) {
    paths.push('/spec/caBundle');
  }
  const operations = paths.map((path): JsonPatchOperation => ({ op: 'add', path, value }));
  return operations.length > 0 ? [testResourceVersion(object), ...operations] : [];
}
