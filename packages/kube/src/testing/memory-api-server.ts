import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubeClient } from '../client.ts';
import type { Clock } from '../clock.ts';
import type { KubeObject } from '../resource-type.ts';

interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  version: number;
  object: KubeObject;
}

interface Watch {
  path: string;
  name: string | undefined;
  response: ServerResponse;
}

/** Answers a request in the server's place; true when it did. */
export type Interception = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean | Promise<boolean>;

/**
 * A small API server in memory behind real sockets, for what a real one does not do on demand: cut a watch, forget its
 * history, fall silent. Knows collections, `metadata.name` field selectors, paging, resourceVersion conflicts and merge
 * patches. `api-contract.ts` holds it to what a real kube-apiserver does.
 */
export class MemoryApiServer {
  readonly #server: Server;
  readonly #objects = new Map<string, KubeObject>();
  readonly #watches = new Set<Watch>();
  #history: Change[] = [];
  #version = 100;
  #oldestVersion = 0;
  /** Requests so far, as `METHOD path?query`. */
  readonly requests: string[] = [];
  /** Set to answer some requests in another way. */
  intercept: Interception | undefined;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  static async start(): Promise<MemoryApiServer> {
    const server = new MemoryApiServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  client(options: { clock?: Clock } = {}): KubeClient {
    const login = {
      server: this.url,
      namespace: 'default',
      credentials: () => Promise.resolve({ tls: {}, headers: { authorization: 'Bearer test' } }),
    };
    return new KubeClient(login, options);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** While true, watches stay open but show nothing: a watch cache that lags. */
  holdWatches = false;
  readonly #held: (() => void)[] = [];

  /** Sends what was held. */
  releaseWatches(): void {
    this.holdWatches = false;
    for (const send of this.#held.splice(0)) send();
  }

  /** Breaks all watches off, in the middle of a line if told. */
  cutWatches(options: { insideLine?: boolean } = {}): void {
    for (const { response } of this.#watches) {
      if (options.insideLine) response.write('{"type":"MODIF');
      response.socket?.destroySoon();
    }
  }

  /** Ends all watches in good order, as after timeoutSeconds. */
  endWatches(): void {
    for (const { response } of this.#watches) response.end();
  }

  /** Sends a line to all watches as is. */
  sendToWatches(event: object): void {
    for (const { response } of this.#watches) response.write(`${JSON.stringify(event)}\n`);
  }

  /** A bookmark at the present resourceVersion. */
  bookmark(): void {
    this.sendToWatches({ type: 'BOOKMARK', object: { metadata: { resourceVersion: String(this.#version) } } });
  }

  /** Forgets all history: older resourceVersions answer 410 from now on. */
  compact(): void {
    this.#history = [];
    this.#oldestVersion = this.#version;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    this.requests.push(`${request.method} ${url.pathname}${url.search}`);
    if (await this.intercept?.(request, response, url)) return;
    const { collection, name } = split(url.pathname);
    const body = await readJson(request);
    if (name === undefined) {
      if (request.method === 'POST') this.#create(collection, body as KubeObject, response);
      else if (url.searchParams.get('watch')) this.#watch(collection, url, response);
      else this.#list(collection, url, response);
      return;
    }
    const key = `${collection}/${name}`;
    const current = this.#objects.get(key);
    if (!current) return fail(response, 404, 'NotFound', `${name} not found`);
    switch (request.method) {
      case 'GET':
        return answer(response, 200, current);
      case 'PUT':
        return this.#update(key, current, body as KubeObject, response);
      case 'PATCH':
        return this.#update(key, current, mergePatch(current, body) as KubeObject, response);
      case 'DELETE':
        return this.#delete(key, current, body as { preconditions?: { uid?: string } }, response);
      default:
        return fail(response, 405, 'MethodNotAllowed', `${request.method} is not served`);
    }
  }

  #create(collection: string, object: KubeObject, response: ServerResponse): void {
    const key = `${collection}/${object.metadata.name}`;
    if (this.#objects.has(key)) return fail(response, 409, 'AlreadyExists', `${object.metadata.name} already exists`);
    const uid = `uid-${this.#version + 1}`;
    const creationTimestamp = '2026-01-01T00:00:00Z';
    answer(
      response,
      201,
      this.#commit('ADDED', key, { ...object, metadata: { ...object.metadata, uid, creationTimestamp } }),
    );
  }

  #update(key: string, current: KubeObject, next: KubeObject, response: ServerResponse): void {
    const { resourceVersion } = next.metadata;
    if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) {
      return fail(response, 409, 'Conflict', 'the object has been modified');
    }
    const { uid, creationTimestamp } = current.metadata;
    const object = { ...next, metadata: { ...next.metadata, uid, creationTimestamp } };
    if (sameBut(object, current)) return answer(response, 200, current);
    answer(response, 200, this.#commit('MODIFIED', key, object));
  }

  #delete(
    key: string,
    current: KubeObject,
    options: { preconditions?: { uid?: string } } | undefined,
    response: ServerResponse,
  ): void {
    const uid = options?.preconditions?.uid;
    if (uid && uid !== current.metadata.uid)
      return fail(response, 409, 'Conflict', 'the UID in the precondition differs');
    this.#commit('DELETED', key, current);
    answer(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
  }

  #commit(type: Change['type'], key: string, given: KubeObject): KubeObject {
    this.#version += 1;
    const version = this.#version;
    const object = { ...given, metadata: { ...given.metadata, resourceVersion: String(version) } };
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, object);
    this.#history.push({ type, version, object });
    for (const watch of this.#watches) {
      if (this.holdWatches) this.#held.push(() => sendTo(watch, key, type, object));
      else sendTo(watch, key, type, object);
    }
    return object;
  }

  #list(collection: string, url: URL, response: ServerResponse): void {
    const name = selectedName(url);
    const [startText, pinned] = (url.searchParams.get('continue') ?? '0@').split('@');
    if (pinned && Number(pinned) < this.#oldestVersion) return fail(response, 410, 'Expired', 'the page is too old');
    const all = [...this.#objects.entries()]
      .filter(([key]) => inCollection(key, collection) && (name === undefined || key.endsWith(`/${name}`)))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
    const start = Number(startText);
    const limit = Number(url.searchParams.get('limit') ?? '0') || all.length;
    const items = all.slice(start, start + limit).map(({ apiVersion: _a, kind: _k, ...item }) => item);
    const version = pinned || String(this.#version);
    const more = start + limit < all.length ? { continue: `${start + limit}@${version}` } : {};
    answer(response, 200, { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: version, ...more }, items });
  }

  #watch(collection: string, url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion') ?? '0');
    if (from < this.#oldestVersion) return fail(response, 410, 'Expired', 'too old resource version');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const watch: Watch = { path: collection, name: selectedName(url), response };
    for (const { type, version, object } of this.#history) {
      if (version > from) sendTo(watch, this.#keyOf(collection, object), type, object);
    }
    this.#watches.add(watch);
    response.on('close', () => this.#watches.delete(watch));
  }

  /** Histories of all collections are one; the key says to which an object belongs. */
  #keyOf(collection: string, object: KubeObject): string {
    return `${collection}/${object.metadata.name}`;
  }
}

function sendTo(watch: Watch, key: string, type: string, object: KubeObject): void {
  if (!inCollection(key, watch.path) || (watch.name !== undefined && object.metadata.name !== watch.name)) return;
  watch.response.write(`${JSON.stringify({ type, object })}\n`);
}

function inCollection(key: string, collection: string): boolean {
  return key.slice(0, key.lastIndexOf('/')) === collection;
}

function selectedName(url: URL): string | undefined {
  return /^metadata\.name=(.+)$/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1];
}

/** `/api/v1/namespaces/ns/pods/name` or `/apis/group/version/things/name`; subresources are not served. */
function split(path: string): { collection: string; name: string | undefined } {
  const parts = path.slice(1).split('/');
  const root = parts[0] === 'api' ? 2 : 3;
  const depth = parts[root] === 'namespaces' && parts.length > root + 2 ? root + 3 : root + 1;
  return { collection: `/${parts.slice(0, depth).join('/')}`, name: parts[depth] };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function fail(response: ServerResponse, code: number, reason: string, message: string): void {
  answer(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message });
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = { ...(target as Record<string, unknown>) };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else merged[field] = mergePatch(merged[field], value);
  }
  return merged;
}

function sameBut(a: KubeObject, b: KubeObject): boolean {
  const plain = ({ metadata: { resourceVersion: _version, ...metadata }, ...rest }: KubeObject) =>
    JSON.stringify({ ...rest, metadata });
  return plain(a) === plain(b);
}

/** Lets answers that are on their way arrive, where a test must show that nothing happens. */
export function aMoment(): Promise<void> {
  return sleep(50);
}
