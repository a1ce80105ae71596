import type { ObjectMeta } from './meta.ts';

/** One version of a kind. Every version has the same schema, so there is no conversion. */
export interface ResourceVersion {
  readonly name: string;
  /** Shown to clients as deprecated; still served. */
  readonly deprecated?: true;
}

/** One column of `kubectl get`; `wide` columns show with `-o wide` only. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly wide?: true;
}

/** Where the scale subresource reads and writes. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath: string;
}

/**
 * One kind of the API: what the client, the CRD, RBAC and discovery need to know of it. It is also a `ResourceType` of
 * `@quickvirt/kube`, with `T` as the type of its objects. `version` is the version that we store and use ourselves.
 */
export interface Resource<T extends { metadata: ObjectMeta } = { metadata: ObjectMeta }> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** All served versions, in the order of the CRD; `version` is one of them. */
  readonly versions: readonly ResourceVersion[];
  /** Where it is another one: the version that etcd holds. */
  readonly storageVersion?: string;
  readonly status: boolean;
  readonly scale?: ScalePaths;
  readonly columns: readonly PrinterColumn[];
  /** Fields beyond metadata that a field selector may name (KEP-4358). */
  readonly selectableFields: readonly string[];
  /** Never present at run time. */
  objectType?(object: T): void;
}
