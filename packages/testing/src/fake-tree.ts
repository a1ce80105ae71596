import { mkdir, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** A directory of kernel attributes: text files that end with a newline, and relative links. Paths are below its root. */
export class FakeTree {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  async get(path: string): Promise<string> {
    return (await readFile(join(this.root, path), 'utf8')).trim();
  }

  async put(path: string, value: string): Promise<void> {
    await writeFile(await this.#place(path), `${value}\n`);
  }

  async putDirectory(path: string): Promise<void> {
    await mkdir(join(this.root, path), { recursive: true });
  }

  /** Makes or replaces a link to what is at `target`, which need not be there. */
  async link(path: string, target: string): Promise<void> {
    const absolute = await this.#place(path);
    await rm(absolute, { force: true });
    await symlink(relative(dirname(absolute), join(this.root, target)), absolute);
  }

  async unlink(path: string): Promise<void> {
    await unlink(join(this.root, path));
  }

  /** Removes a file or a directory with all that is in it; nothing when it is not there. */
  async remove(path: string): Promise<void> {
    await rm(join(this.root, path), { recursive: true, force: true });
  }

  async #place(path: string): Promise<string> {
    const absolute = join(this.root, path);
    await mkdir(dirname(absolute), { recursive: true });
    return absolute;
  }
}
