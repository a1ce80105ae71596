import { describe, expect, test } from '@jest/globals';
import type { ApiClient } from '../client.ts';
import { configMaps, type ConfigMap } from '../core-types.ts';
import type { WatchEvent } from '../watch-stream.ts';

/** What both API servers must do alike: the real one, and the one in memory that most tests run against. */
export function apiContract(client: () => ApiClient): void {
  const namespace = 'default';
  const ref = (name: string) => ({ name, namespace });
  const make = (name: string, data: Record<string, string> = {}) =>
    client().create(configMaps, { metadata: ref(name), data });

  async function watchFrom(resourceVersion: string, count: number, name?: string): Promise<WatchEvent<ConfigMap>[]> {
    const abort = new AbortController();
    const seen: WatchEvent<ConfigMap>[] = [];
    const fieldSelector = name && `metadata.name=${name}`;
    for await (const event of client().watch(configMaps, {
      namespace,
      resourceVersion,
      fieldSelector,
      signal: abort.signal,
    })) {
      if (event.type === 'BOOKMARK') continue;
      seen.push(event);
      if (seen.length === count) break;
    }
    abort.abort();
    return seen;
  }

  describe('an API server', () => {
    test('creates once', async () => {
      const made = await make('once', { a: '1' });
      expect(made.metadata.uid).toBeTruthy();
      expect(made.metadata.resourceVersion).toMatch(/^\d+$/);
      await expect(make('once')).rejects.toMatchObject({ status: 409, reason: 'AlreadyExists', isAlreadyExists: true });
    });

    test('answers 404 with NotFound', async () => {
      await expect(client().get(configMaps, ref('none'))).rejects.toMatchObject({ status: 404, reason: 'NotFound' });
      await expect(client().patch(configMaps, ref('none'), {}, { kind: 'merge' })).rejects.toMatchObject({
        isNotFound: true,
      });
    });

    test('replaces only what was read', async () => {
      const first = await make('replaced', { a: '1' });
      const second = await client().replace(configMaps, { ...first, data: { a: '2' } });
      expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
      expect(second.metadata.uid).toBe(first.metadata.uid);
      await expect(client().replace(configMaps, { ...first, data: { a: '3' } })).rejects.toMatchObject({
        isConflict: true,
      });
    });

    test('a write that changes nothing keeps the resourceVersion', async () => {
      const made = await make('unchanged', { a: '1' });
      const again = await client().patch(configMaps, ref('unchanged'), { data: { a: '1' } }, { kind: 'merge' });
      expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    });

    test('merge patches drop what is null', async () => {
      await make('merged', { a: '1', b: '2' });
      const patched = await client().patch(configMaps, ref('merged'), { data: { a: null, c: '3' } }, { kind: 'merge' });
      expect(patched.data).toEqual({ b: '2', c: '3' });
    });

    test('deletes under a precondition', async () => {
      const made = await make('deleted');
      await expect(client().delete(configMaps, ref('deleted'), { uid: 'other' })).rejects.toMatchObject({
        isConflict: true,
      });
      await client().delete(configMaps, ref('deleted'), { uid: made.metadata.uid });
      await expect(client().get(configMaps, ref('deleted'))).rejects.toMatchObject({ isNotFound: true });
    });

    test('pages hold each object once and say so at one resourceVersion', async () => {
      for (const name of ['page-1', 'page-2', 'page-3']) await make(name);
      const pages = [];
      let token: string | undefined;
      do {
        const page = await client().listPage(configMaps, { namespace, limit: 2 }, token);
        pages.push(page);
        token = page.metadata.continue;
      } while (token);
      const names = pages.flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
      expect(new Set(names).size).toBe(names.length);
      expect(names).toEqual(expect.arrayContaining(['page-1', 'page-2', 'page-3']));
      expect(new Set(pages.map(({ metadata }) => metadata.resourceVersion)).size).toBe(1);
    });

    test('a watch shows every change since a resourceVersion, in order', async () => {
      const made = await make('watched', { a: '1' });
      await client().patch(configMaps, ref('watched'), { data: { a: '2' } }, { kind: 'merge' });
      await client().delete(configMaps, ref('watched'));
      const seen = await watchFrom(made.metadata.resourceVersion ?? '', 2, 'watched');
      expect(seen.map(({ type }) => type)).toEqual(['MODIFIED', 'DELETED']);
      const versions = seen.map(({ object }) => Number((object as ConfigMap).metadata.resourceVersion));
      expect(versions[1]).toBeGreaterThan(versions[0] ?? Infinity);
    });

    test('the deletion in a watch carries a resourceVersion of its own', async () => {
      const made = await make('gone');
      await client().delete(configMaps, ref('gone'));
      const [event] = await watchFrom(made.metadata.resourceVersion ?? '', 1, 'gone');
      const version = Number((event as WatchEvent<ConfigMap> & { object: ConfigMap }).object.metadata.resourceVersion);
      expect(version).toBeGreaterThan(Number(made.metadata.resourceVersion));
    });
  });
}
