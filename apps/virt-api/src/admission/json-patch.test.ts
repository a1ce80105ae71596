import { describe, expect, test } from '@jest/globals';
import type { JsonPatchOperation } from '@quickvirt/kube';
import fc from 'fast-check';
import { jsonPatch } from './json-patch.ts';

/** Applies what jsonPatch makes (RFC 6902: add, replace, remove). */
function apply(document: unknown, operations: JsonPatchOperation[]): unknown {
  const root = { document: structuredClone(document) } as Record<string, unknown>;
  for (const operation of operations) {
    const parts = ['document', ...operation.path.split('/').slice(1)].map((part) =>
      part.replaceAll('~1', '/').replaceAll('~0', '~'),
    );
    const key = parts.pop() ?? '';
    const parent = parts.reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], root) as Record<
      string,
      unknown
    >;
    const value = 'value' in operation ? structuredClone(operation.value) : undefined;
    if (Array.isArray(parent)) {
      if (operation.op === 'remove') parent.splice(Number(key), 1);
      else if (operation.op === 'add') parent.splice(key === '-' ? parent.length : Number(key), 0, value);
      else parent[Number(key)] = value;
    } else if (operation.op === 'remove') delete parent[key];
    else parent[key] = value;
  }
  return root['document'];
}

describe('jsonPatch', () => {
  // `__proto__` is no key that the test's own interpreter of patches could set.
  const json = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('__proto__'));

  test('turns any document into any other', () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        expect(apply(before, jsonPatch(before, after))).toEqual(after);
      }),
    );
  });

  test('is empty for equal documents', () => {
    fc.assert(fc.property(json, (document) => expect(jsonPatch(document, structuredClone(document))).toEqual([])));
  });

  test.each(['toString', 'constructor', 'hasOwnProperty'])('a key may be called %s', (key) => {
    expect(jsonPatch({ [key]: 'x' }, {})).toEqual([{ op: 'remove', path: `/${key}` }]);
    expect(jsonPatch({}, { [key]: 'x' })).toEqual([{ op: 'add', path: `/${key}`, value: 'x' }]);
  });

  test('names only what changes, with keys escaped', () => {
    const before = { metadata: { annotations: { 'a/b': '1', 'c~d': '2' } }, spec: { list: [{ x: 1 }, { y: 2 }] } };
    const after = {
      metadata: { annotations: { 'a/b': '3', 'c~d': '2' } },
      spec: { list: [{ x: 1, z: 3 }, { y: 2 }, 4] },
    };
    expect(jsonPatch(before, after)).toEqual([
      { op: 'replace', path: '/metadata/annotations/a~1b', value: '3' },
      { op: 'add', path: '/spec/list/0/z', value: 3 },
      { op: 'add', path: '/spec/list/-', value: 4 },
    ]);
  });
});
