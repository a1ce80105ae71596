import type { ApiClient, WatchOptions } from '../../client.ts';
import { isNotFound } from '../../errors.ts';
import type { KubeObject, ResourceType } from '../../resource-type.ts';
import type { WatchEvent } from '../../watch-stream.ts';
import type { Change, MemoryApi } from './memory-api.ts';
import { selection, type Selection } from './selectors.ts';

/** The API server in memory as its clients see it, with no network between. Pages are not cut. */
export function memoryClient(api: MemoryApi): ApiClient {
  const listPage: ApiClient['listPage'] = async (type, options) => ({
    metadata: { resourceVersion: String(api.version) },
    items: api.list(type, options),
  });
  return {
    get: async (type, ref) => api.get(type, ref),
    list: listPage,
    listPage,
    watch: (type, options) => watch(api, type, options),
    create: async (type, object) => api.create(type, object),
    replace: async (type, object, options) => api.replace(type, object, options),
    patch: async (type, ref, patch, options) => api.patch(type, ref, patch, options),
    delete: async (type, ref, options) => {
      try {
        api.delete(type, ref, options);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    },
  };
}

/** What a watch with a selection shows of a change: an object that it selects no more counts as deleted. */
export function watchEventOf(selects: Selection, change: Change): WatchEvent<KubeObject> | undefined {
  const { before, object, removed } = change;
  const was = before !== undefined && selects(before);
  if (!removed && selects(object)) return { type: was ? 'MODIFIED' : 'ADDED', object };
  if (!was) return undefined;
  const { resourceVersion } = object.metadata;
  const last = removed ? object : { ...before, metadata: { ...before.metadata, resourceVersion } };
  return { type: 'DELETED', object: last };
}

async function* watch<T extends KubeObject>(
  api: MemoryApi,
  type: ResourceType<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const selects = selection(options);
  let told = Number(options.resourceVersion);
  while (!options.signal?.aborted) {
    const change = api.history(type).find(({ version }) => version > told);
    if (!change) {
      await nextWrite(api, options.signal);
      continue;
    }
    told = change.version;
    const event = watchEventOf(selects, change);
    if (event) yield event as WatchEvent<T>;
  }
}

function nextWrite(api: MemoryApi, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = api.subscribe(() => {
      end();
      resolve();
    });
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
