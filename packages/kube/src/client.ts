import type { Metrics } from '@quickvirt/telemetry';
import type { Clock } from './clock.ts';
import { isNotFound } from './errors.ts';
import { findLogin, type Login } from './login.ts';
import { RequestMetrics } from './request-metrics.ts';
import {
  apiVersionOf,
  pathOf,
  type KubeList,
  type KubeObject,
  type ObjectName,
  type ResourceType,
} from './resource-type.ts';
import { Transport, type TransportRequest } from './transport.ts';
import { watchEvents, type WatchEvent } from './watch-stream.ts';

export interface CallOptions {
  signal?: AbortSignal;
  /** Defaults to 30 s. */
  timeoutMs?: number;
}

export interface GetOptions extends CallOptions {
  /** `0` lets the API server answer from its cache. Left out: the newest state. */
  resourceVersion?: string;
  subresource?: string;
}

export interface ListOptions extends CallOptions {
  /** Left out: all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Page size; `list` follows `continue` to the end. Defaults to 500. */
  limit?: number;
  resourceVersion?: string;
}

export interface WriteOptions extends CallOptions {
  /** For example `status`, `binding`, `eviction`, `approval`. */
  subresource?: string;
  fieldManager?: string;
  dryRun?: boolean;
}

export interface PatchOptions extends WriteOptions {
  kind: 'merge' | 'json' | 'strategic' | 'apply';
  /** `apply` only: take fields over from other managers. */
  force?: boolean;
}

export interface DeleteOptions extends CallOptions {
  /** Precondition: deletes this very object, not one of the same name made since. */
  uid?: string;
  /** Precondition: deletes only what was read. */
  resourceVersion?: string;
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
}

export interface RawRequest extends CallOptions {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the server's address, escaped. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  /** Sent as JSON. */
  body?: unknown;
  /** Defaults to `application/json`. */
  contentType?: string;
}

export interface WatchOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Changes after this one are sent. */
  resourceVersion: string;
  /** The server ends the watch after this time. Defaults to 290 s, under common proxies' 5 minutes. */
  timeoutSeconds?: number;
  /** A watch that is silent for longer is given up. Defaults to 120 s: two bookmarks are overdue by then. */
  idleTimeoutMs?: number;
  signal?: AbortSignal;
}

export interface LoadOptions {
  /** Path of a kubeconfig. Left out: `$KUBECONFIG`, `~/.kube/config`, then the pod's service account. */
  kubeconfig?: string;
  /** Context of the kubeconfig. Defaults to its current one. */
  context?: string;
  /** Sent as User-Agent; shows in audit logs. */
  userAgent?: string;
  metrics?: Metrics;
  /** Prefix of metric names, for example `kubevirt_`. Defaults to none. */
  metricsPrefix?: string;
  clock?: Clock;
}

const PATCH_CONTENT_TYPES = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const satisfies Record<PatchOptions['kind'], string>;

const PAGE_SIZE = 500;
const WATCH_TIMEOUT_SECONDS = 290;
const WATCH_IDLE_TIMEOUT_MS = 120_000;

/**
 * Reads and writes Kubernetes objects as plain JSON: unknown fields stay, timestamps stay strings. All calls throw
 * `ApiError` when the server refuses, `TransportError` when no answer came and `CredentialsError` when the login failed. Where the server asks to wait
 * (Retry-After) the call waits and tries again; 5xx and lost connections are retried for reads only.
 */
export class KubeClient {
  /** The namespace of the login: the pod's own, or the context's; `default` if none is set. */
  readonly namespace: string;
  readonly #transport: Transport;

  constructor(login: Login, options: Omit<LoadOptions, 'kubeconfig' | 'context'> = {}) {
    this.namespace = login.namespace;
    this.#transport = new Transport(login, {
      userAgent: options.userAgent,
      clock: options.clock,
      metrics: options.metrics && new RequestMetrics(options.metrics, options.metricsPrefix),
    });
  }

  /** @throws Error when there is no login, or the kubeconfig cannot be read. */
  static async load(options: LoadOptions = {}): Promise<KubeClient> {
    return new KubeClient(await findLogin(options), options);
  }

  async get<T extends KubeObject>(type: ResourceType<T>, ref: ObjectName, options: GetOptions = {}): Promise<T> {
    const { subresource, resourceVersion, ...call } = options;
    return (await this.#send(type, 'get', {
      method: 'GET',
      path: pathOf(type, { ...ref, subresource }),
      query: { resourceVersion },
      ...call,
    })) as T;
  }

  /** All pages in one list. For caches use an Informer. */
  async list<T extends KubeObject>(type: ResourceType<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    const items: T[] = [];
    let page: KubeList<T> | undefined;
    do {
      page = await this.listPage(type, options, page?.metadata.continue);
      items.push(...page.items);
    } while (page.metadata.continue);
    return { metadata: { resourceVersion: page.metadata.resourceVersion }, items };
  }

  /** One page; its `metadata.continue` names the next. Items get the apiVersion and kind that list answers leave out. */
  async listPage<T extends KubeObject>(
    type: ResourceType<T>,
    options: ListOptions,
    continueToken?: string,
  ): Promise<KubeList<T>> {
    const { namespace, labelSelector, fieldSelector, limit = PAGE_SIZE, resourceVersion, ...call } = options;
    const page = (await this.#send(type, 'list', {
      method: 'GET',
      path: pathOf(type, { namespace }),
      query: {
        labelSelector,
        fieldSelector,
        limit: limit || undefined,
        continue: continueToken || undefined,
        resourceVersion: continueToken ? undefined : resourceVersion,
      },
      ...call,
    })) as KubeList<T>;
    const identity = { apiVersion: apiVersionOf(type), kind: type.kind };
    return { metadata: page.metadata, items: (page.items ?? []).map((item) => ({ ...identity, ...item })) };
  }

  /**
   * One watch, bookmarks included, until the server ends it. Throws TransportError when it is cut or falls silent. Most
   * callers want an Informer, which resumes.
   */
  async *watch<T extends KubeObject>(type: ResourceType<T>, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    const { namespace, labelSelector, fieldSelector, resourceVersion, signal } = options;
    const { timeoutSeconds = WATCH_TIMEOUT_SECONDS, idleTimeoutMs = WATCH_IDLE_TIMEOUT_MS } = options;
    const path = pathOf(type, { namespace });
    const body = await this.#transport.stream({
      method: 'GET',
      path,
      query: {
        watch: true,
        allowWatchBookmarks: true,
        labelSelector,
        fieldSelector,
        resourceVersion,
        timeoutSeconds,
      },
      verb: 'watch',
      resource: type.plural,
      signal,
    });
    yield* watchEvents<T>(body, { request: `watch of ${path}`, idleTimeoutMs });
  }

  async create<T extends KubeObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { subresource, ...rest } = options;
    // A subresource is created below an object (`binding`, `eviction`, `token`); an object itself below its collection.
    const where = {
      namespace: object.metadata.namespace,
      ...(subresource && { name: object.metadata.name, subresource }),
    };
    return (await this.#send(type, 'create', {
      method: 'POST',
      path: pathOf(type, where),
      body: { apiVersion: apiVersionOf(type), kind: type.kind, ...object },
      ...writeCall(rest),
    })) as T;
  }

  /** Replaces the whole object. With `metadata.resourceVersion` set, only if it has not changed since. */
  async replace<T extends KubeObject>(type: ResourceType<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const { subresource, ...rest } = options;
    return (await this.#send(type, 'update', {
      method: 'PUT',
      path: pathOf(type, { ...nameOf(object), subresource }),
      body: { apiVersion: apiVersionOf(type), kind: type.kind, ...object },
      ...writeCall(rest),
    })) as T;
  }

  async patch<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectName,
    patch: object,
    options: PatchOptions,
  ): Promise<T> {
    const { kind, subresource, force, ...rest } = options;
    const call = writeCall(rest);
    return (await this.#send(type, 'patch', {
      method: 'PATCH',
      path: pathOf(type, { ...ref, subresource }),
      body: patch,
      contentType: PATCH_CONTENT_TYPES[kind],
      ...call,
      query: { ...call.query, force: kind === 'apply' ? force : undefined },
    })) as T;
  }

  /** Resolves also when no such object is there (404). @throws ApiError 409 when a precondition does not hold. */
  async delete(type: ResourceType, ref: ObjectName, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion, gracePeriodSeconds, propagationPolicy, ...call } = options;
    const preconditions = uid || resourceVersion ? { uid, resourceVersion } : undefined;
    try {
      await this.#send(type, 'delete', {
        method: 'DELETE',
        path: pathOf(type, ref),
        body: { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds, propagationPolicy, preconditions },
        ...call,
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** Any request; resolves with the parsed JSON, or with text where the answer is none. */
  async request<T = unknown>(request: RawRequest): Promise<T> {
    return (await this.#transport.send(request)) as T;
  }

  /** Ends all connections, watches included. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  #send(type: ResourceType, verb: string, request: TransportRequest): Promise<unknown> {
    return this.#transport.send({ verb, resource: type.plural, ...request });
  }
}

/** What caches, controllers and elections call of a KubeClient: a port, so that they also run against a pretended world. */
export type ApiClient = Pick<
  KubeClient,
  'get' | 'list' | 'listPage' | 'watch' | 'create' | 'replace' | 'patch' | 'delete'
>;

function nameOf({ metadata: { name, namespace } }: KubeObject): ObjectName {
  if (!name) throw new TypeError('metadata.name is missing: a write to an object must name it');
  return { name, ...(namespace && { namespace }) };
}

function writeCall({ fieldManager, dryRun, signal, timeoutMs }: Omit<WriteOptions, 'subresource'>) {
  return { query: { fieldManager, dryRun: dryRun ? 'All' : undefined }, signal, timeoutMs };
}
