import type { Metrics } from '@quickvirt/telemetry';
import type { KubeList, KubeObject, ObjectName, ResourceType } from './resource-type.ts';

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

export interface LoadOptions {
  /** Path of a kubeconfig. Left out: `$KUBECONFIG`, `~/.kube/config`, then the pod's service account. */
  kubeconfig?: string;
  /** Context of the kubeconfig. Defaults to its current one. */
  context?: string;
  /** Sent as User-Agent; shows in audit logs. */
  userAgent?: string;
  metrics?: Metrics;
}

/** How a patch was meant; see `PatchOptions.kind`. */
export type PatchBody = object;

/**
 * Reads and writes Kubernetes objects as plain JSON: unknown fields stay, timestamps stay strings. All calls throw
 * `ApiError` when the server refuses and `TransportError` when no answer came. 429 is retried after Retry-After, 5xx
 * and cut connections are retried for GET only.
 */
export abstract class KubeClient {
  /** The namespace of the login: the pod's own, or the context's; `default` if none is set. */
  abstract readonly namespace: string;

  static load(_options: LoadOptions = {}): Promise<KubeClient> {
    throw new Error('not landed yet');
  }
  abstract get<T extends KubeObject>(type: ResourceType<T>, ref: ObjectName, options?: GetOptions): Promise<T>;
  abstract list<T extends KubeObject>(type: ResourceType<T>, options?: ListOptions): Promise<KubeList<T>>;
  abstract create<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  abstract replace<T extends KubeObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T>;
  abstract patch<T extends KubeObject>(
    type: ResourceType<T>,
    ref: ObjectName,
    patch: PatchBody,
    options: PatchOptions,
  ): Promise<T>;
  /** Resolves also when the object is gone already (404). */
  abstract delete(type: ResourceType, ref: ObjectName, options?: DeleteOptions): Promise<void>;
  /** Any request; resolves with the parsed JSON, or with text where the answer is none. */
  abstract request<T = unknown>(request: RawRequest): Promise<T>;
  abstract close(): Promise<void>;
}
