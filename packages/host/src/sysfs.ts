import { constants } from 'node:fs';
import { open, readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

/** An access to sysfs that the kernel refused, or that did not end in its time (`ETIMEDOUT`). */
export class SysfsError extends Error {
  override name = 'SysfsError';
  /** Name of the error: `EBUSY`, `EINVAL`, ... */
  readonly code: string;
  /** Below the root. */
  readonly path: string;

  constructor(operation: string, path: string, code: string, cause?: unknown) {
    super(`${operation} ${path}: ${code}`, { cause });
    this.code = code;
    this.path = path;
  }
}

export interface SysfsOptions {
  /** How long an access may take. Defaults to 5 s; making virtual functions gets more by its caller. */
  readonly timeoutMs?: number;
  /** Writes an attribute; a test's kernel. Defaults to one write(2) to the file, which is neither made nor cut. */
  readonly writeAttribute?: (absolutePath: string, value: string) => Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 5000;
/** What is not there, was removed meanwhile, or belongs to a device that went away. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ENODEV', 'ENXIO']);

/**
 * A tree of kernel attributes: sysfs, debugfs below it, or a directory of device nodes. All paths are relative to its root.
 *
 * Never synchronous, for a write may wait in the kernel until a guest lets go of a device; and time-boxed, for nothing
 * can end such a wait. The thread of libuv's pool that waits is lost until then, so a second write to the same attribute
 * is refused with `EINPROGRESS` meanwhile.
 */
export class Sysfs {
  readonly root: string;
  readonly #timeoutMs: number;
  readonly #writeAttribute: (absolutePath: string, value: string) => Promise<void>;
  readonly #writing = new Set<string>();

  constructor(root = '/sys', options: SysfsOptions = {}) {
    this.root = root;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#writeAttribute = options.writeAttribute ?? writeOnce;
  }

  /** An attribute without its last newline; undefined when there is none. @throws SysfsError */
  async read(path: string): Promise<string | undefined> {
    const text = await this.#access('reading', path, (absolute) => readFile(absolute, 'utf8'));
    return text?.replace(/\n$/, '');
  }

  /** An attribute that is a whole number; undefined when there is none, or it is no number. @throws SysfsError */
  async readNumber(path: string): Promise<number | undefined> {
    const text = await this.read(path);
    const value = Number(text);
    return text === undefined || text.trim() === '' || !Number.isInteger(value) ? undefined : value;
  }

  /** The name that a link points to, without its directories: sysfs links name things. Undefined when there is none. */
  async linkName(path: string): Promise<string | undefined> {
    const target = await this.#access('reading the link', path, (absolute) => readlink(absolute));
    return target === undefined ? undefined : basename(target);
  }

  /** The names in a directory, in no order; none when it is not there. @throws SysfsError */
  async list(path: string): Promise<readonly string[]> {
    return (await this.#access('listing', path, (absolute) => readdir(absolute))) ?? [];
  }

  /**
   * Writes an attribute, in one write.
   * @throws SysfsError with the kernel's error as its code; `ETIMEDOUT` when it takes longer than it may, `EINPROGRESS`
   * while an earlier write to it still waits in the kernel.
   */
  async write(path: string, value: string, timeoutMs = this.#timeoutMs): Promise<void> {
    const absolute = this.#absolute(path);
    if (this.#writing.has(path)) throw new SysfsError('writing', path, 'EINPROGRESS');
    this.#writing.add(path);
    const writing = this.#writeAttribute(absolute, value).finally(() => this.#writing.delete(path));
    try {
      await within(timeoutMs, writing);
    } catch (error) {
      throw asSysfsError('writing', path, error);
    }
  }

  async #access<T>(operation: string, path: string, run: (absolute: string) => Promise<T>): Promise<T | undefined> {
    const absolute = this.#absolute(path);
    try {
      return await within(this.#timeoutMs, run(absolute));
    } catch (error) {
      if (ABSENT.has(codeOf(error))) return undefined;
      throw asSysfsError(operation, path, error);
    }
  }

  #absolute(path: string): string {
    if (path.split('/').includes('..')) throw new SysfsError('opening', path, 'EINVAL');
    return `${this.root}/${path}`;
  }
}

async function writeOnce(absolutePath: string, value: string): Promise<void> {
  await using file = await open(absolutePath, constants.O_WRONLY);
  await file.write(value);
}

class Overdue extends Error {
  readonly code = 'ETIMEDOUT';
}

async function within<T>(timeoutMs: number, access: Promise<T>): Promise<T> {
  // What comes after its time is nobody's.
  access.catch(() => undefined);
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Overdue(`not done after ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([access, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return typeof code === 'string' ? code : 'EIO';
}

function asSysfsError(operation: string, path: string, error: unknown): SysfsError {
  return new SysfsError(operation, path, codeOf(error), error);
}
