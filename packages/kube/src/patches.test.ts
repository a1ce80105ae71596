import { describe, expect, test } from '@jest/globals';
import { addFinalizerPatch, removeFinalizerPatch } from './finalizers.ts';
import { jsonPointer, replaceIfUnchanged, statusApply } from './patches.ts';
import { pods } from './core-types.ts';

describe('patches', () => {
  test('a pointer escapes what RFC 6901 asks for', () => {
    expect(jsonPointer('metadata', 'labels', 'a/b~c')).toBe('/metadata/labels/a~1b~0c');
  });

  test('replaceIfUnchanged tests what was there', () => {
    expect(replaceIfUnchanged('/a', 1, 2)).toEqual([
      { op: 'test', path: '/a', value: 1 },
      { op: 'replace', path: '/a', value: 2 },
    ]);
    expect(replaceIfUnchanged('/a', 1, undefined).at(-1)).toEqual({ op: 'remove', path: '/a' });
    expect(replaceIfUnchanged('/a', undefined, 2)).toEqual([{ op: 'add', path: '/a', value: 2 }]);
    expect(replaceIfUnchanged('/a', undefined, undefined)).toEqual([]);
  });

  test('a status apply names the very object and version it was made for', () => {
    const pod = { metadata: { name: 'p', namespace: 'ns', uid: 'u', resourceVersion: '5', labels: { a: 'b' } } };
    expect(statusApply(pods, pod, { phase: 'Running' })).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'ns', uid: 'u', resourceVersion: '5' },
      status: { phase: 'Running' },
    });
  });

  test('finalizers are added once, never to an object that goes, and taken off one by one', () => {
    const with_ = (finalizers: string[] | undefined, deletionTimestamp?: string) => ({
      metadata: {
        name: 'x',
        resourceVersion: '5',
        ...(finalizers && { finalizers }),
        ...(deletionTimestamp && { deletionTimestamp }),
      },
    });
    expect(addFinalizerPatch(with_(undefined), 'a/b')?.at(-1)).toEqual({
      op: 'add',
      path: '/metadata/finalizers',
      value: ['a/b'],
    });
    expect(addFinalizerPatch(with_(['x']), 'a/b')?.at(-1)).toEqual({
      op: 'add',
      path: '/metadata/finalizers/-',
      value: 'a/b',
    });
    expect(addFinalizerPatch(with_(['a/b']), 'a/b')).toBeUndefined();
    expect(addFinalizerPatch(with_(['x'], '2026-01-01T00:00:00Z'), 'a/b')).toBeUndefined();
    expect(removeFinalizerPatch(with_(['x', 'a/b']), 'a/b')).toEqual([
      { op: 'test', path: '/metadata/finalizers/1', value: 'a/b' },
      { op: 'remove', path: '/metadata/finalizers/1' },
    ]);
    expect(removeFinalizerPatch(with_(['x']), 'a/b')).toBeUndefined();
  });
});
