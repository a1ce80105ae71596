import { isDeepEqual } from '@quickvirt/admission';
import { jsonPointer, type JsonPatchOperation } from '@quickvirt/kube';

/**
 * The RFC 6902 operations that turn `before` into `after`, only for what differs: maps are compared key by key, lists
 * entry by entry, what a list has more or less is added or removed at its end.
 */
export function jsonPatch(before: unknown, after: unknown): JsonPatchOperation[] {
  return differences(before, after, []);
}

type Path = readonly (string | number)[];

function differences(before: unknown, after: unknown, path: Path): JsonPatchOperation[] {
  if (isDeepEqual(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) return listDifferences(before, after, path);
  if (isMap(before) && isMap(after)) return mapDifferences(before, after, path);
  return [{ op: 'replace', path: jsonPointer(...path), value: after }];
}

function mapDifferences(before: JsonMap, after: JsonMap, path: Path): JsonPatchOperation[] {
  const operations: JsonPatchOperation[] = [];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const at = [...path, key];
    const [was, is] = [ownField(before, key), ownField(after, key)];
    if (is === undefined) {
      if (was !== undefined) operations.push({ op: 'remove', path: jsonPointer(...at) });
    } else if (was === undefined) {
      operations.push({ op: 'add', path: jsonPointer(...at), value: is });
    } else {
      operations.push(...differences(was, is, at));
    }
  }
  return operations;
}

/** A label may be called `constructor` or `toString`: what every object inherits is no field of it. */
function ownField(map: JsonMap, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function listDifferences(before: unknown[], after: unknown[], path: Path): JsonPatchOperation[] {
  const common = Math.min(before.length, after.length);
  const operations = before
    .slice(0, common)
    .flatMap((item, index) => differences(item, after[index], [...path, index]));
  for (const value of after.slice(common)) operations.push({ op: 'add', path: jsonPointer(...path, '-'), value });
  for (let index = before.length - 1; index >= common; index -= 1) {
    operations.push({ op: 'remove', path: jsonPointer(...path, index) });
  }
  return operations;
}

type JsonMap = Record<string, unknown>;

function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
