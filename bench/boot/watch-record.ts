import type { KubeClient, KubeObject, ResourceType } from '@quickvirt/kube';

/** One watch event, with the moment it came in. */
export interface Sighting {
  /** Milliseconds since the epoch, with fractions; never goes back. */
  at: number;
  plural: string;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: WatchedObject;
}

/** As much of an object as the benchmark looks at. */
export interface WatchedObject extends KubeObject {
  spec?: { nodeName?: string };
  status?: {
    phase?: string;
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
  /** Events only. */
  source?: { component?: string };
  reportingComponent?: string;
}

interface ContainerStatus {
  name: string;
  state?: { waiting?: object; running?: object; terminated?: object };
}

/** The present, as milliseconds since the epoch with fractions. */
export const now = (): number => performance.timeOrigin + performance.now();

/** Every version of every object of some kinds in one namespace, in the order in which the API server told of them. */
export class WatchRecord {
  readonly sightings: Sighting[] = [];
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  #failure: unknown;

  /** Lists, so that only what happens from now on is recorded, and watches. Resolves when all watches are asked for. */
  static async start(client: KubeClient, namespace: string, types: readonly ResourceType[]): Promise<WatchRecord> {
    const record = new WatchRecord();
    for (const type of types) {
      const { metadata } = await client.list(type, { namespace });
      record.#follow(client, type, namespace, metadata.resourceVersion).catch((error: unknown) => {
        if (record.#stop.signal.aborted) return;
        record.#failure = error;
        record.#wake();
      });
    }
    return record;
  }

  async #follow(client: KubeClient, type: ResourceType, namespace: string, resourceVersion: string): Promise<void> {
    const options = { namespace, resourceVersion, signal: this.#stop.signal };
    for await (const event of client.watch<WatchedObject>(type as ResourceType<WatchedObject>, options)) {
      if (event.type === 'BOOKMARK') continue;
      if (event.type === 'ERROR') throw new Error(`the watch of ${type.plural} ended: ${event.object.message}`);
      this.sightings.push({ at: now(), plural: type.plural, type: event.type, object: event.object });
      this.#wake();
    }
    throw new Error(`the watch of ${type.plural} ended before the round did; make rounds shorter`);
  }

  /** The first sighting that matches, past or to come. @throws Error after `timeoutMs`, or when a watch broke. */
  async first(what: string, matches: (sighting: Sighting) => boolean, timeoutMs = 120_000): Promise<Sighting> {
    const deadline = now() + timeoutMs;
    for (;;) {
      const found = this.sightings.find(matches);
      if (found) return found;
      if (this.#failure !== undefined) throw new Error(`waiting for ${what}: a watch broke`, { cause: this.#failure });
      const leftMs = deadline - now();
      if (leftMs <= 0) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
