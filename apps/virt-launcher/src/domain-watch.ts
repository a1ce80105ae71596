import { isDeepStrictEqual } from 'node:util';
import { NO_DOMAIN, type ObservedDomain } from './domain-state.ts';

/** A state and where it stands in the order of states. */
export interface DomainSnapshot {
  /** Grows with every change, from 1. */
  revision: number;
  state: ObservedDomain;
}

/**
 * The latest state of the domain, for any number of watchers. Level-based: who comes late or was slow gets the newest
 * state and misses nothing that still matters.
 */
export class DomainWatch {
  #snapshot: DomainSnapshot = { revision: 1, state: NO_DOMAIN };
  readonly #watchers = new Set<() => void>();
  #closed = false;

  get snapshot(): DomainSnapshot {
    return this.#snapshot;
  }

  /** Changes what is given; tells the watchers only if something differs. */
  update(change: Partial<ObservedDomain>): void {
    const state = { ...this.#snapshot.state, ...change };
    if (isDeepStrictEqual(state, this.#snapshot.state)) return;
    this.#snapshot = { revision: this.#snapshot.revision + 1, state };
    for (const watcher of this.#watchers) watcher();
  }

  /** The present state at once, then each later one; what comes while the reader is busy is left out but for the last. */
  async *snapshots(signal: AbortSignal): AsyncGenerator<DomainSnapshot> {
    let wake = (): void => {};
    const onChange = (): void => wake();
    this.#watchers.add(onChange);
    signal.addEventListener('abort', onChange);
    try {
      let told = 0;
      while (!signal.aborted) {
        if (told < this.#snapshot.revision) {
          told = this.#snapshot.revision;
          yield this.#snapshot;
        } else if (this.#closed) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#watchers.delete(onChange);
      signal.removeEventListener('abort', onChange);
    }
  }

  /** Ends all watchers once they have the last state. */
  close(): void {
    this.#closed = true;
    for (const watcher of this.#watchers) watcher();
  }
}
