import { apiVersionOf, type KubeObject, type ResourceType } from './resource-type.ts';

/** One operation of RFC 6902. */
export type JsonPatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string }
  | { op: 'move' | 'copy'; from: string; path: string };

/** A JSON Pointer (RFC 6901) from its parts: `jsonPointer('metadata', 'labels', 'a/b')` is `/metadata/labels/a~1b`. */
export function jsonPointer(...parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/**
 * The operations that set `path` only if it still is as read; the API server answers 422 otherwise. An `expected` of
 * undefined means the field was absent: RFC 6902 cannot test that, so guard with `testResourceVersion` beside it.
 */
export function replaceIfUnchanged(path: string, expected: unknown, value: unknown): JsonPatchOperation[] {
  if (expected === undefined) return value === undefined ? [] : [{ op: 'add', path, value }];
  const test: JsonPatchOperation = { op: 'test', path, value: expected };
  return [test, value === undefined ? { op: 'remove', path } : { op: 'replace', path, value }];
}

/** Lets a JSON patch apply to this very object only. */
export function testUid(object: KubeObject): JsonPatchOperation {
  return { op: 'test', path: '/metadata/uid', value: object.metadata.uid };
}

/** Lets a JSON patch apply to what was read only; the API server answers 409 otherwise. */
export function testResourceVersion(object: KubeObject): JsonPatchOperation {
  return { op: 'replace', path: '/metadata/resourceVersion', value: object.metadata.resourceVersion };
}

/**
 * The body of a server-side apply on `/status`. It carries uid and resourceVersion, so that it reaches neither a
 * successor of the same name nor an object that changed since it was read (the API server answers 409). Of the two it is
 * the resourceVersion that counts: for a custom resource's status the API server does not look at the uid.
 * @param status every status field that the field manager owns: fields left out are given up and removed.
 */
export function statusApply(
  type: ResourceType,
  object: KubeObject,
  status: object,
): KubeObject & { apiVersion: string; kind: string; status: object } {
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    apiVersion: apiVersionOf(type),
    kind: type.kind,
    metadata: { name, ...(namespace && { namespace }), uid, resourceVersion },
    status,
  };
}
