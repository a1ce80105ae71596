import { constants, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** Linux's O_PATH (fcntl.h, asm-generic), which Node does not name. */
const O_PATH = 0o10000000;

/** Something on the way is not what it must be: an attack, or a path that is not ours. */
export class UnsafePathError extends Error {
  override name = 'UnsafePathError';
}

/** A file that is held by a descriptor; its path goes to that very inode, whatever happens to names meanwhile. */
export interface HeldPath extends AsyncDisposable {
  /** `/proc/self/fd/N`: for calls of this process that take a path. Valid until closed. */
  readonly path: string;
  readonly fd: number;
  readonly stats: Stats;
  close(): Promise<void>;
}

/**
 * Opens what lies beneath `root`, which is trusted, one component at a time: no symbolic link is followed and `..` is
 * refused, so that whoever controls a directory on the way cannot lead elsewhere. Mounts are crossed: the kubelet's
 * volumes are mounts.
 * @throws UnsafePathError for a link, a special name, or anything but a directory on the way; Error with code ENOENT when
 * something is not there.
 */
export async function openBeneath(root: string, components: readonly string[]): Promise<HeldPath> {
  let held = await hold(await open(root, O_PATH | constants.O_DIRECTORY), root);
  let shown = root;
  for (const component of components) {
    shown = `${shown}/${component}`;
    held = await step(held, component, shown);
  }
  return held;
}

/** One component further from a directory that is held; closes that directory. */
async function step(directory: HeldPath, component: string, shown: string): Promise<HeldPath> {
  try {
    return await openEntry(directory, component, shown);
  } finally {
    await directory.close();
  }
}

/** Opens one entry of a directory that is held. Throws as openBeneath. */
export async function openEntry(directory: HeldPath, name: string, shown = name): Promise<HeldPath> {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0'))
    throw new UnsafePathError(`${JSON.stringify(shown)}: ${JSON.stringify(name)} is no plain name`);
  if (!directory.stats.isDirectory()) throw new UnsafePathError(`${shown}: what it lies in is no directory`);
  // With O_PATH and O_NOFOLLOW a link is opened itself, so it shows in the stats.
  return hold(await open(`${directory.path}/${name}`, O_PATH | constants.O_NOFOLLOW), shown);
}

async function hold(handle: FileHandle, shown: string): Promise<HeldPath> {
  try {
    const stats = await handle.stat();
    if (stats.isSymbolicLink()) throw new UnsafePathError(`${shown} is a symbolic link, which is never followed here`);
    return new OpenPath(handle, stats);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class OpenPath implements HeldPath {
  readonly #handle: FileHandle;
  readonly stats: Stats;

  constructor(handle: FileHandle, stats: Stats) {
    this.#handle = handle;
    this.stats = stats;
  }

  get fd(): number {
    return this.#handle.fd;
  }

  get path(): string {
    return `/proc/self/fd/${this.#handle.fd}`;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
