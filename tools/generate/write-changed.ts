import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GeneratedFiles } from './generated-files.ts';

/** Writes what differs; with `check`, only tells. Gives back the paths that differ. */
export async function writeChanged(repository: string, files: GeneratedFiles, check: boolean): Promise<string[]> {
  const changed: string[] = [];
  for (const [path, text] of Object.entries(files)) {
    const file = join(repository, path);
    const current = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        return undefined;
      }
      throw error;
    });
    if (current === text) {
      continue;
    }
    changed.push(path);
    if (!check) {
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
  }
  return changed;
}
