import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Size of one file; two of them fit well into the 4 MiB volume that the pod has for them. */
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * What the guest prints on its serial port, in a file for `tail -F`, which is the pod's container `guest-console-log`. A
 * full file is moved aside and a new one begun, so a guest that prints for ever takes 2 MiB at most. Written at once: the
 * files lie in memory.
 */
export class SerialLog {
  readonly #path: string;
  readonly #maxFileBytes: number;
  #file: number;
  #bytes = 0;

  /** @throws NodeJS.ErrnoException when the file cannot be made. */
  constructor(path: string, maxFileBytes = MAX_FILE_BYTES) {
    this.#path = path;
    this.#maxFileBytes = maxFileBytes;
    mkdirSync(dirname(path), { recursive: true });
    this.#file = openSync(path, 'w', 0o640);
  }

  /** @throws NodeJS.ErrnoException when the volume is full, or gone. */
  append(chunk: Buffer): void {
    if (this.#bytes > 0 && this.#bytes + chunk.length > this.#maxFileBytes) this.#begin();
    this.#bytes += writeSync(this.#file, chunk);
  }

  close(): void {
    closeSync(this.#file);
  }

  #begin(): void {
    renameSync(this.#path, `${this.#path}.1`);
    const next = openSync(this.#path, 'w', 0o640);
    closeSync(this.#file);
    this.#file = next;
    this.#bytes = 0;
  }
}
