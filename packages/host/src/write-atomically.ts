import { open, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Replaces a file at once: a reader sees the old text or the new one. The directory must be ours alone to write. */
export async function writeAtomically(path: string, text: string, mode = 0o644): Promise<void> {
  const next = `${path}.next`;
  await writeFile(next, text, { mode });
  await rename(next, path);
}

/** Replaces a file so that it outlives a crash of the machine: the text is on the disk, under its name, when it resolves. */
export async function writeDurably(path: string, text: string, mode = 0o600): Promise<void> {
  const next = `${path}.next`;
  await writeFile(next, text, { mode, flush: true });
  await rename(next, path);
  await using directory = await open(dirname(path));
  await directory.sync();
}
