import { jsonPointer, testResourceVersion, type JsonPatchOperation } from './patches.ts';
import type { KubeObject } from './resource-type.ts';

/** Whether the object is being deleted. */
export function isDeleting(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined && object.metadata.deletionTimestamp !== null;
}

/** Whether the object carries the finalizer. */
export function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata.finalizers?.includes(finalizer) ?? false;
}

/**
 * The JSON patch that adds a finalizer, or undefined when it is there or may not be added any more (the API server
 * refuses new finalizers on an object that is being deleted). Guarded by resourceVersion: the list may have changed.
 */
export function addFinalizerPatch(object: KubeObject, finalizer: string): JsonPatchOperation[] | undefined {
  if (hasFinalizer(object, finalizer) || isDeleting(object)) return undefined;
  const add: JsonPatchOperation = object.metadata.finalizers?.length
    ? { op: 'add', path: '/metadata/finalizers/-', value: finalizer }
    : { op: 'add', path: '/metadata/finalizers', value: [finalizer] };
  return [testResourceVersion(object), add];
}

/** The JSON patch that takes a finalizer off, or undefined when it is not there. Touches no other finalizer. */
export function removeFinalizerPatch(object: KubeObject, finalizer: string): JsonPatchOperation[] | undefined {
  const index = object.metadata.finalizers?.indexOf(finalizer) ?? -1;
  if (index < 0) return undefined;
  const path = jsonPointer('metadata', 'finalizers', index);
  return [
    { op: 'test', path, value: finalizer },
    { op: 'remove', path },
  ];
}
