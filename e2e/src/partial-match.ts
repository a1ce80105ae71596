/**
 * Where `actual` does not hold what `expected` names. Pure. Fields that `expected` does not mention are free.
 *
 * - An object matches when each of its fields matches.
 * - A list of objects with a natural key (`type`, `name`) matches when each expected item matches the item with the
 *   same key; any other list must match item by item.
 * - A string `/.../` is a regular expression for a string or number. `null` expects the field to be absent.
 *
 * @returns one line a difference, `path: expected X, got Y`; empty when it matches.
 */
export function differences(expected: unknown, actual: unknown, path = ''): string[] {
  if (expected === null) return actual === undefined || actual === null ? [] : [line(path, 'no value', actual)];
  if (Array.isArray(expected)) return listDifferences(expected, actual, path);
  if (typeof expected === 'object') {
    if (typeof actual !== 'object' || actual === null) return [line(path, expected, actual)];
    const fields = actual as Record<string, unknown>;
    return Object.entries(expected as object).flatMap(([key, value]) =>
      differences(value, fields[key], `${path}.${key}`),
    );
  }
  if (typeof expected === 'string' && /^\/.*\/$/s.test(expected)) {
    const text = typeof actual === 'string' ? actual : JSON.stringify(actual);
    return text !== undefined && new RegExp(expected.slice(1, -1), 's').test(text)
      ? []
      : [line(path, expected, actual)];
  }
  return expected === actual ? [] : [line(path, expected, actual)];
}

function listDifferences(expected: unknown[], actual: unknown, path: string): string[] {
  if (!Array.isArray(actual)) return [line(path, expected, actual)];
  const key = ['type', 'name'].find((k) => expected.length > 0 && expected.every((item) => hasText(item, k)));
  if (key) {
    return expected.flatMap((item) => {
      const name = (item as Record<string, string>)[key];
      const found = actual.find((other) => hasText(other, key) && other[key] === name);
      return differences(item, found, `${path}[${key}=${name}]`);
    });
  }
  if (expected.length !== actual.length) return [line(path, expected, actual)];
  return expected.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`));
}

function hasText(item: unknown, key: string): item is Record<string, string> {
  return typeof item === 'object' && item !== null && typeof (item as Record<string, unknown>)[key] === 'string';
}

function line(path: string, expected: unknown, actual: unknown): string {
  return `${path || '.'}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual) ?? 'nothing'}`;
}
