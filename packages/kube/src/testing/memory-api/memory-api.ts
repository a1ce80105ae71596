import { isDeepStrictEqual } from 'node:util';
import type { DeleteOptions, ListOptions, PatchOptions, WriteOptions } from '../../client.ts';
import { timestamp } from '../../conditions.ts';
import { ApiError } from '../../errors.ts';
import type { JsonPatchOperation } from '../../patches.ts';
import { apiVersionOf, keyOf, type KubeObject, type ObjectName, type ResourceType } from '../../resource-type.ts';
import { rulesOf, type KindRules } from './kind-rules.ts';
import { jsonPatch, mergePatch, PatchError, strategicMergePatch } from './patching.ts';
import { selection } from './selectors.ts';
import { applied, ApplyConflict, ownersAfterUpdate, type FieldOwners } from './server-side-apply.ts';

/** One committed write. A creation has no `before`, a removal no `after`. */
export interface Change {
  readonly version: number;
  readonly type: ResourceType;
  readonly before: KubeObject | undefined;
  /** The object as stored; of a removal, as it was last, under the version of the removal. */
  readonly object: KubeObject;
  readonly removed: boolean;
}

export interface MemoryApiOptions {
  now: () => Date;
  /** Each answer is a new uid. */
  newUid: () => string;
  /** Rules of custom resources, by kind. */
  rules?: Readonly<Record<string, KindRules>>;
}

interface Entry {
  readonly object: KubeObject;
  readonly owners: FieldOwners;
}

type WithStatus = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> };

const NO_OWNERS: FieldOwners = new Map();

/**
 * What a kube-apiserver does with objects, in memory and synchronous: identity, versions, preconditions, status
 * subresources, patches, server-side apply, finalizers, graceful deletion of pods, history. Objects are immutable and
 * shared: a stored object is never changed, and one given is never changed either. `api-contract.ts` holds it to what a
 * real one does. It does not collect garbage, schedule, or ask webhooks.
 */
export class MemoryApi {
  readonly #options: MemoryApiOptions;
  readonly #entries = new Map<string, Map<string, Entry>>();
  readonly #history = new Map<string, Change[]>();
  readonly #listeners = new Set<(change: Change) => void>();
  #version = 100;
  #oldestVersion = 0;

  constructor(options: MemoryApiOptions) {
    this.#options = options;
  }

  /** The version of the last write. */
  get version(): number {
    return this.#version;
  }

  /** Versions before this one are forgotten. */
  get oldestVersion(): number {
    return this.#oldestVersion;
  }

  /** Calls `listener` after each write, before the writer has its answer. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** All writes of a kind that are not forgotten, oldest first. The array grows in place. */
  history(type: ResourceType): readonly Change[] {
    return this.#historyOf(type);
  }

  /** Forgets all history: watches that lag must list again. */
  compact(): void {
    for (const changes of this.#history.values()) changes.length = 0;
    this.#oldestVersion = this.#version;
  }

  get<T extends KubeObject>(type: ResourceType<T>, ref: ObjectName): T {
    return this.#existing(type, ref).object as T;
  }

  find<T extends KubeObject>(type: ResourceType<T>, ref: ObjectName): T | undefined {
    return this.#entriesOf(type).get(keyOf({ metadata: ref }))?.object as T | undefined;
  }

  list<T extends KubeObject>(
    type: ResourceType<T>,
    options: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'> = {},
  ): T[] {
    const shows = selection(options);
    return [...this.#entriesOf(type).values()].map(({ object }) => object as T).filter(shows);
  }

  create<T extends KubeObject>(type: ResourceType<T>, given: T): T {
    const key = keyOf(given);
    const what = `POST ${type.plural} ${key}`;
    if (this.#entriesOf(type).has(key))
      throw refusal(what, 409, 'AlreadyExists', `${type.plural} "${key}" already exists`);
    const rules = this.#rulesOf(type);
    const { status: _dropped, ...rest } = given as WithStatus;
    const object = {
      ...(rules.statusSubresource ? rest : given),
      apiVersion: apiVersionOf(type),
      kind: type.kind,
      metadata: {
        ...given.metadata,
        uid: this.#options.newUid(),
        creationTimestamp: timestamp(this.#options.now()),
        ...(rules.statusSubresource && { generation: 1 }),
      },
      ...(rules.initialStatus && { status: rules.initialStatus }),
    };
    return this.#commit(type, undefined, object, NO_OWNERS) as T;
  }

  replace<T extends KubeObject>(type: ResourceType<T>, given: T, options: Pick<WriteOptions, 'subresource'> = {}): T {
    const current = this.#existing(type, given.metadata as ObjectName);
    const { uid } = given.metadata;
    if (uid && uid !== current.object.metadata.uid)
      throw refusal(`PUT ${type.plural} ${keyOf(given)}`, 409, 'Conflict', 'the uid differs');
    return this.#update(type, current, given, options.subresource) as T;
  }

  patch<T extends KubeObject>(type: ResourceType<T>, ref: ObjectName, patch: object, options: PatchOptions): T {
    const { kind, subresource } = options;
    if (kind === 'apply') return this.#apply(type, ref, patch as KubeObject, options) as T;
    const current = this.#existing(type, ref);
    let next: unknown;
    try {
      if (kind === 'json') next = jsonPatch(current.object, patch as JsonPatchOperation[]);
      else if (kind === 'merge') next = mergePatch(current.object, patch);
      else next = strategicMergePatch(current.object, patch, this.#rulesOf(type).listKeys ?? {});
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      throw refusal(`PATCH ${type.plural} ${keyOf(current.object)}`, 422, 'Invalid', error.message);
    }
    return this.#update(type, current, next as KubeObject, subresource) as T;
  }

  /** @throws ApiError 404 when there is none, 409 when a precondition does not hold. */
  delete(
    type: ResourceType,
    ref: ObjectName,
    options: Pick<DeleteOptions, 'uid' | 'resourceVersion' | 'gracePeriodSeconds' | 'propagationPolicy'> = {},
  ): void {
    const entry = this.#existing(type, ref);
    const { metadata } = entry.object;
    const what = `DELETE ${type.plural} ${keyOf(entry.object)}`;
    if (options.uid && options.uid !== metadata.uid) throw refusal(what, 409, 'Conflict', 'the uid differs');
    if (options.resourceVersion && options.resourceVersion !== metadata.resourceVersion)
      throw refusal(what, 409, 'Conflict', 'the resourceVersion differs');
    const graceSeconds = this.#rulesOf(type).gracefulDeletion ? graceOf(entry.object, options.gracePeriodSeconds) : 0;
    const held = { Foreground: ['foregroundDeletion'], Orphan: ['orphan'], Background: [] };
    const finalizers = [
      ...new Set([...(metadata.finalizers ?? []), ...held[options.propagationPolicy ?? 'Background']]),
    ];
    if (graceSeconds === 0 && finalizers.length === 0) return this.#remove(type, entry.object);
    if (metadata.deletionTimestamp && graceSeconds >= (metadata.deletionGracePeriodSeconds ?? Infinity)) return;
    const deletionTimestamp = timestamp(new Date(this.#options.now().getTime() + graceSeconds * 1000));
    const dying = { ...metadata, finalizers, deletionTimestamp, deletionGracePeriodSeconds: graceSeconds };
    if (finalizers.length === 0) delete (dying as { finalizers?: string[] }).finalizers;
    if (metadata.generation !== undefined) dying.generation = metadata.generation + 1;
    this.#commit(type, entry.object, { ...entry.object, metadata: dying }, entry.owners);
  }

  #apply(type: ResourceType, ref: ObjectName, config: KubeObject, options: PatchOptions): KubeObject {
    const { fieldManager: manager = '', force = false, subresource } = options;
    const found = this.#entriesOf(type).get(keyOf({ metadata: ref }));
    const what = `PATCH ${type.plural} ${keyOf({ metadata: ref })}`;
    const listKeys = this.#rulesOf(type).listKeys ?? {};
    if (!found) {
      if (subresource) throw notFound(what);
      if (config.metadata.uid) throw refusal(what, 409, 'Conflict', 'no object of this uid exists');
      const made = this.create(type, { ...config, metadata: { ...config.metadata, ...ref } });
      const { owners } = applied({}, config, { manager, force, listKeys, owners: NO_OWNERS });
      this.#entriesOf(type).set(keyOf(made), { object: made, owners });
      return made;
    }
    const { resourceVersion } = config.metadata;
    if (resourceVersion && resourceVersion !== found.object.metadata.resourceVersion)
      throw refusal(what, 409, 'Conflict', 'the object has been modified');
    try {
      const next = applied(found.object, config, { manager, force, listKeys, owners: found.owners });
      return this.#update(
        type,
        { object: found.object, owners: next.owners },
        next.object as KubeObject,
        subresource,
        true,
      );
    } catch (error) {
      if (!(error instanceof ApplyConflict)) throw error;
      throw refusal(what, 409, 'Conflict', error.message);
    }
  }

  #update(
    type: ResourceType,
    current: Entry,
    given: KubeObject,
    subresource: string | undefined,
    isApply = false,
  ): KubeObject {
    const before = current.object;
    const what = `update of ${type.plural} ${keyOf(before)}`;
    const { uid, resourceVersion } = given.metadata;
    if (resourceVersion && resourceVersion !== before.metadata.resourceVersion)
      throw refusal(what, 409, 'Conflict', 'the object has been modified');
    const rules = this.#rulesOf(type);
    // A custom resource's status write takes nothing of the metadata, the uid included: it is not looked at.
    const takesMetadata = !rules.statusSubresource || subresource !== 'status' || rules.metadataWithStatus;
    if (takesMetadata && uid && uid !== before.metadata.uid)
      throw refusal(what, 422, 'Invalid', 'metadata.uid: field is immutable');
    const next = withSystemFields(before, partWritten(before, given, subresource, rules), rules);
    const dying = before.metadata.deletionTimestamp !== undefined;
    const finalizers = next.metadata.finalizers ?? [];
    if (dying && finalizers.some((name) => !before.metadata.finalizers?.includes(name)))
      throw refusal(what, 422, 'Invalid', 'no new finalizers can be added if the object is being deleted');
    const owners = isApply || current.owners.size === 0 ? current.owners : ownersAfterUpdate(current.owners, next);
    if (dying && finalizers.length === 0 && (before.metadata.deletionGracePeriodSeconds ?? 0) === 0) {
      this.#remove(type, before, next);
      return { ...next, metadata: { ...next.metadata, resourceVersion: String(this.#version) } };
    }
    if (isDeepStrictEqual(next, before)) {
      if (owners !== current.owners || isApply) this.#entriesOf(type).set(keyOf(before), { object: before, owners });
      return before;
    }
    return this.#commit(type, before, next, owners);
  }

  #remove(type: ResourceType, before: KubeObject, last: KubeObject = before): void {
    this.#entriesOf(type).delete(keyOf(before));
    this.#tell(type, before, last, true);
  }

  #commit(type: ResourceType, before: KubeObject | undefined, given: KubeObject, owners: FieldOwners): KubeObject {
    const resourceVersion = String(this.#version + 1);
    const object = { ...given, metadata: { ...given.metadata, resourceVersion } };
    this.#entriesOf(type).set(keyOf(object), { object, owners });
    this.#tell(type, before, object, false);
    return object;
  }

  #tell(type: ResourceType, before: KubeObject | undefined, last: KubeObject, removed: boolean): void {
    this.#version += 1;
    const version = this.#version;
    const metadata = { ...last.metadata, resourceVersion: String(version) };
    const change: Change = { version, type, before, object: removed ? { ...last, metadata } : last, removed };
    this.#historyOf(type).push(change);
    for (const listener of this.#listeners) listener(change);
  }

  #existing(type: ResourceType, ref: ObjectName): Entry {
    const key = keyOf({ metadata: ref });
    const entry = this.#entriesOf(type).get(key);
    if (!entry) throw notFound(`${type.plural} ${key}`);
    return entry;
  }

  #rulesOf(type: ResourceType): KindRules {
    return rulesOf(type, this.#options.rules ?? {});
  }

  #entriesOf(type: ResourceType): Map<string, Entry> {
    return ofKind(this.#entries, type, () => new Map<string, Entry>());
  }

  #historyOf(type: ResourceType): Change[] {
    return ofKind(this.#history, type, () => []);
  }
}

function ofKind<T>(map: Map<string, T>, { group, plural }: ResourceType, make: () => T): T {
  const name = `${plural}.${group}`;
  let value = map.get(name);
  if (value === undefined) {
    value = make();
    map.set(name, value);
  }
  return value;
}

/** The object with the part that this write may touch. */
function partWritten(
  before: WithStatus,
  given: WithStatus,
  subresource: string | undefined,
  rules: KindRules,
): WithStatus {
  if (!rules.statusSubresource) return given;
  if (subresource !== 'status') {
    const { status: _given, ...rest } = given;
    return before.status === undefined ? rest : { ...rest, status: before.status };
  }
  const { labels, annotations } = given.metadata;
  const metadata = rules.metadataWithStatus
    ? { ...before.metadata, ...(labels && { labels }), ...(annotations && { annotations }) }
    : before.metadata;
  return { ...before, metadata, ...(given.status !== undefined && { status: given.status }) };
}

/** The fields that only the API server sets. */
function withSystemFields(before: WithStatus, next: WithStatus, rules: KindRules): WithStatus {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, resourceVersion } = before.metadata;
  const metadata = { ...next.metadata, uid, creationTimestamp, resourceVersion };
  if (deletionTimestamp !== undefined) Object.assign(metadata, { deletionTimestamp, deletionGracePeriodSeconds });
  if (metadata.finalizers?.length === 0) delete metadata.finalizers;
  const { apiVersion, kind } = before;
  const whole = { ...next, apiVersion, kind, metadata };
  if (!rules.statusSubresource || before.metadata.generation === undefined) return whole;
  const { metadata: _m, status: _s, ...is } = whole;
  const { metadata: _bm, status: _bs, ...was } = before;
  metadata.generation = before.metadata.generation + (isDeepStrictEqual(is, was) ? 0 : 1);
  return whole;
}

/** The grace period of a pod's deletion. Source: registry/core/pod/strategy.go CheckGracefulDelete. */
function graceOf(pod: WithStatus, asked: number | undefined): number {
  const phase = pod.status?.['phase'];
  if (!pod.spec?.['nodeName'] || phase === 'Succeeded' || phase === 'Failed') return 0;
  const own = pod.spec['terminationGracePeriodSeconds'];
  return asked ?? (typeof own === 'number' ? own : 30);
}

function notFound(what: string): ApiError {
  return refusal(what, 404, 'NotFound', 'there is no such object');
}

function refusal(what: string, status: number, reason: string, message: string): ApiError {
  return new ApiError(what, { status, body: { kind: 'Status', status: 'Failure', code: status, reason, message } });
}
