import { rename, writeFile } from 'node:fs/promises';

/** Replaces a file at once: a reader sees the old text or the new one. The directory must be ours alone to write. */
export async function writeAtomically(path: string, text: string, mode = 0o644): Promise<void> {
  const next = `${path}.next`;
  await writeFile(next, text, { mode });
  await rename(next, path);
}
