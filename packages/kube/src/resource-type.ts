/** `metadata.ownerReferences[]` (meta/v1 OwnerReference). */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** `metadata` as it is on the wire (meta/v1 ObjectMeta): timestamps are RFC 3339 strings. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
}

/** Any Kubernetes object, as plain JSON. Fields that no type knows are kept as they came. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/**
 * One kind of the API. `T` is the type of its objects; it exists for the type checker only, so that `client.get(pods,
 * ...)` resolves with a Pod.
 */
export interface ResourceType<T extends KubeObject = KubeObject> {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Name in the URL, for example `pods`. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never present at run time. */
  objectType?(object: T): void;
}

/** Names one object of a known kind. `namespace` is left out for kinds of the cluster. */
export interface ObjectName {
  name: string;
  namespace?: string;
}

/** A list answer of the API server. */
export interface KubeList<T extends KubeObject> {
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

/** Declares a resource type: `resourceType<Pod>({ group: '', version: 'v1', ... })`. */
export function resourceType<T extends KubeObject>(type: Omit<ResourceType, 'objectType'>): ResourceType<T> {
  return type;
}

/** `v1`, `apps/v1`. */
export function apiVersionOf({ group, version }: Pick<ResourceType, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The key of an object in stores and work queues: `namespace/name`, or `name` for kinds of the cluster. */
export function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : String(metadata.name);
}

/** The reverse of `keyOf`. */
export function nameOfKey(key: string): ObjectName {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** URL path of a collection, an object, or a subresource of it. Every part is escaped. */
export function pathOf(
  type: ResourceType,
  where: { namespace?: string; name?: string; subresource?: string } = {},
): string {
  const parts = type.group === '' ? ['api', type.version] : ['apis', type.group, type.version];
  if (type.namespaced && where.namespace) parts.push('namespaces', where.namespace);
  parts.push(type.plural);
  if (where.name !== undefined) parts.push(where.name);
  if (where.subresource) parts.push(...where.subresource.split('/'));
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

/** The reference that makes `owner` the controller of an object, so that it goes when its owner goes. */
export function controllerReference(owner: KubeObject, type: ResourceType): OwnerReference {
  const { name, uid } = owner.metadata;
  if (!name || !uid) throw new TypeError(`${type.kind} ${keyOf(owner)} cannot own: it has no metadata.uid yet`);
  return { apiVersion: apiVersionOf(type), kind: type.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** The owner that controls `object`, if any. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller);
}
