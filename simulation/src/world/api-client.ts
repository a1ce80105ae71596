import {
  ApiError,
  isNotFound,
  keyOf,
  TransportError,
  type CallOptions,
  type ApiClient,
  type KubeObject,
  type ResourceType,
  type WatchEvent,
  type WatchOptions,
} from '@quickvirt/kube';
import { watchEventOf } from '../../../packages/kube/src/testing/memory-api/memory-client.ts';
import { selection, type Selection } from '../../../packages/kube/src/testing/memory-api/selectors.ts';
import type { Process } from '../processes/process.ts';
import type { World } from './world.ts';

/** The API server as a process sees it: through the network. */
export function apiClient(world: World, process: Process): ApiClient {
  const { api, network } = world;
  const send = async <T>(label: string, type: ResourceType, serve: () => T, limits?: CallOptions): Promise<T> =>
    world.isContested(type)
      ? network.request(process, `${process.name}: ${label} ${type.plural}`, serve, limits)
      : serve();
  const listPage: ApiClient['listPage'] = (type, options) =>
    send('list', type, () => ({
      metadata: { resourceVersion: String(api.version) },
      items: api.list(type, options),
    }));
  return {
    get: (type, ref, options) => send(`get ${ref.name} of`, type, () => api.get(type, ref), options),
    list: listPage,
    listPage,
    watch: (type, options) => watch(world, process, type, options),
    create: (type, object, options) =>
      send(`create ${keyOf(object)} of`, type, () => api.create(type, object), options),
    replace: (type, object, options) =>
      send(`replace ${keyOf(object)} of`, type, () => api.replace(type, object, options), options),
    patch: (type, ref, patch, options) =>
      send(
        `${options.kind} ${options.subresource ?? ''} ${ref.name} of`,
        type,
        () => api.patch(type, ref, patch, options),
        options,
      ),
    delete: (type, ref, options) =>
      send(`delete ${ref.name} of`, type, () => {
        try {
          api.delete(type, ref, options);
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
      }),
  };
}

/** How a watch ends from outside: cut off, or by 410. */
export type WatchEnd = 'cut' | 'expired';

/** One open watch: the place it has read up to in the history of its kind, however far behind. */
export class WatchStream {
  readonly process: Process;
  readonly type: ResourceType;
  readonly #world: World;
  readonly #selects: Selection;
  #nextIndex: number;
  #asking: PromiseWithResolvers<WatchEvent<KubeObject>> | undefined;
  #delivering = false;
  #last: WatchEvent<KubeObject> | undefined;
  #end: WatchEnd | undefined;

  constructor(world: World, process: Process, type: ResourceType, options: WatchOptions) {
    this.#world = world;
    this.process = process;
    this.type = type;
    this.#selects = selection(options);
    const from = Number(options.resourceVersion);
    const history = world.api.history(type);
    this.#nextIndex = history.findIndex(({ version }) => version > from);
    if (this.#nextIndex < 0) this.#nextIndex = history.length;
    if (from < world.api.oldestVersion) this.#end = 'expired';
  }

  /** The next event; waits for it. */
  next(): Promise<WatchEvent<KubeObject>> {
    this.#asking = Promise.withResolvers();
    this.wake();
    return this.#asking.promise;
  }

  /** Something may be there to deliver: it comes when chance has it. */
  wake(): void {
    if (!this.#asking || this.#delivering || this.#world.isCutOff(this.process)) return;
    if (this.#end === undefined && !this.#hasNews()) return;
    this.#delivering = true;
    const deliver = () => {
      this.#delivering = false;
      this.#deliver();
    };
    const label = `${this.process.name} hears of ${this.type.plural}`;
    const lagMs = this.#world.lagMs(this.process, this.type);
    if (lagMs > 0) this.#world.agenda.after(this.process, label, lagMs, deliver);
    else this.process.soon(label, deliver);
  }

  end(how: WatchEnd): void {
    this.#end = how;
    this.wake();
  }

  /** Tells the last event once more. */
  repeat(): void {
    const { last } = { last: this.#last };
    if (last === undefined || !this.#asking) return;
    const asking = this.#asking;
    this.#asking = undefined;
    this.process.soon(`${this.process.name} hears again of ${this.type.plural}`, () => asking.resolve(last));
  }

  #hasNews(): boolean {
    return this.#nextIndex < this.#world.api.history(this.type).length;
  }

  #deliver(): void {
    const asking = this.#asking;
    if (!asking) return;
    if (this.#end !== undefined) {
      this.#asking = undefined;
      const what = `watch of ${this.type.plural}`;
      if (this.#end === 'cut') asking.reject(new TransportError(what, 'cut off'));
      else asking.reject(new ApiError(what, { status: 410, body: { kind: 'Status', reason: 'Expired' } }));
      return;
    }
    const history = this.#world.api.history(this.type);
    while (this.#nextIndex < history.length) {
      const change = history[this.#nextIndex++];
      const event = change && watchEventOf(this.#selects, change);
      if (!event) continue;
      this.#asking = undefined;
      this.#last = event;
      asking.resolve(event);
      return;
    }
  }
}

async function* watch<T extends KubeObject>(
  world: World,
  process: Process,
  type: ResourceType<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const open = () => world.openWatch(process, type, options);
  const label = `${process.name}: watch ${type.plural}`;
  const { signal } = options;
  const stream = world.isContested(type)
    ? await world.network.request(process, label, open, { ...(signal && { signal }) })
    : open();
  const abort = () => stream.end('cut');
  if (options.signal?.aborted) abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    for (;;) yield (await stream.next()) as WatchEvent<T>;
  } finally {
    options.signal?.removeEventListener('abort', abort);
    world.closeWatch(stream);
  }
}
