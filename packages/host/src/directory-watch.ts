import { watch, type FSWatcher } from 'node:fs';

/** Names of entries of a directory that come, go or change their mode, by inotify. */
export class DirectoryWatch implements Disposable {
  readonly #watcher: FSWatcher;

  /**
   * Watches from the moment it returns.
   * @param onChange gets the entry's name; undefined when the kernel lost track: look at everything then.
   * @throws Error when the directory cannot be watched.
   */
  constructor(directory: string, onChange: (name: string | undefined) => void, onError: (error: Error) => void) {
    this.#watcher = watch(directory, { persistent: false }, (_event, name) => onChange(name ?? undefined));
    this.#watcher.on('error', onError);
  }

  close(): void {
    this.#watcher.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Resolves with the first answer of `look` that is not undefined; looks at once and at each change in the directory.
 * @throws the signal's reason when aborted; what `look` throws; Error when the directory cannot be watched.
 */
export async function waitInDirectory<T>(
  directory: string,
  look: () => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  let changed = Promise.withResolvers<void>();
  const fail = (error: unknown) => changed.reject(error);
  const abort = () => fail(signal.reason);
  const wake = () => changed.resolve();
  using _watch = new DirectoryWatch(directory, wake, fail);
  signal.addEventListener('abort', abort, { once: true });
  try {
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      await changed.promise;
      changed = Promise.withResolvers<void>();
      if (signal.aborted) throw signal.reason;
    }
  } finally {
    // A change that comes from here on is nobody's.
    changed.promise.catch(() => undefined);
    signal.removeEventListener('abort', abort);
  }
}
