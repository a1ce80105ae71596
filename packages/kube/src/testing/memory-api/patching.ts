import { isDeepStrictEqual } from 'node:util';
import type { JsonPatchOperation } from '../../patches.ts';

type Json = Record<string, unknown>;
type Served = Extract<JsonPatchOperation, { op: 'add' | 'replace' | 'test' | 'remove' }>;

/** Why a patch cannot be applied; the API server answers 422 or 400. */
export class PatchError extends Error {}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON merge patch (RFC 7396); parts that do not change are shared with the target. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Json = isObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else if (value !== undefined) merged[field] = mergePatch(merged[field], value);
  }
  return merged;
}

/** Strategic merge patch without directives: lists with a key are merged item by item, others replaced. */
export function strategicMergePatch(
  target: unknown,
  patch: unknown,
  listKeys: Readonly<Record<string, string>>,
  path = '',
): unknown {
  const key = listKeys[path];
  if (key && Array.isArray(patch)) return mergeItems(Array.isArray(target) ? target : [], patch, key);
  if (!isObject(patch)) return patch;
  const merged: Json = isObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith('$')) throw new PatchError(`directive ${field} is not served`);
    if (value === null) delete merged[field];
    else if (value !== undefined)
      merged[field] = strategicMergePatch(merged[field], value, listKeys, path === '' ? field : `${path}.${field}`);
  }
  return merged;
}

function mergeItems(target: readonly unknown[], patch: readonly unknown[], key: string): unknown[] {
  const merged = [...target];
  for (const item of patch) {
    const index = merged.findIndex((other) => isObject(other) && isObject(item) && other[key] === item[key]);
    if (index < 0) merged.push(item);
    else merged[index] = mergePatch(merged[index], item);
  }
  return merged;
}

/** JSON patch (RFC 6902) of add, replace, remove and test. @throws PatchError when it cannot be applied. */
export function jsonPatch(target: unknown, operations: readonly JsonPatchOperation[]): unknown {
  let result = target;
  for (const operation of operations) {
    if (!isServed(operation)) throw new PatchError(`${operation.op} is not served`);
    const parts = operation.path
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    result = operated(result, parts, operation);
  }
  return result;
}

function operated(target: unknown, [part, ...rest]: readonly string[], operation: Served): unknown {
  if (part === undefined) {
    if (operation.op !== 'test') return operation.op === 'remove' ? undefined : operation.value;
    if (!isDeepStrictEqual(target, operation.value)) throw new PatchError(`testing ${operation.path}: value differs`);
    return target;
  }
  const copy: unknown = Array.isArray(target) ? [...target] : isObject(target) ? { ...target } : undefined;
  if (copy === undefined) throw new PatchError(`${operation.path}: a parent is missing`);
  if (rest.length > 0 || operation.op === 'test') {
    (copy as Json)[part] = operated((copy as Json)[part], rest, operation);
    return copy;
  }
  if (Array.isArray(copy)) return operatedItem(copy, part, operation);
  if (operation.op !== 'add' && !Object.hasOwn(copy as Json, part))
    throw new PatchError(`${operation.path}: there is no such field`);
  if (operation.op === 'remove') delete (copy as Json)[part];
  else (copy as Json)[part] = operation.value;
  return copy;
}

function isServed(operation: JsonPatchOperation): operation is Served {
  return operation.op !== 'move' && operation.op !== 'copy';
}

function operatedItem(copy: unknown[], part: string, operation: Served): unknown[] {
  const index = part === '-' ? copy.length : Number(part);
  const last = operation.op === 'add' ? copy.length : copy.length - 1;
  if (!Number.isInteger(index) || index < 0 || index > last) throw new PatchError(`${operation.path}: no such item`);
  if (operation.op === 'remove') copy.splice(index, 1);
  else copy.splice(index, operation.op === 'add' ? 0 : 1, operation.value);
  return copy;
}
