import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where everything that takes long to make is kept between runs: `$XDG_CACHE_HOME/quickvirt`. */
export function cacheFolder(...parts: string[]): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'quickvirt', ...parts);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A short hash of texts and of files and folders by content, so that equal inputs give the same name everywhere. */
export function contentHash(texts: string[], paths: string[] = []): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:${text}\n`);
  for (const path of paths) hashPath(hash, path, '');
  return hash.digest('hex').slice(0, 16);
}

function hashPath(hash: ReturnType<typeof createHash>, path: string, name: string): void {
  const stat = statSync(path);
  if (stat.isDirectory()) {
    for (const entry of readdirSync(path).sort()) hashPath(hash, join(path, entry), `${name}/${entry}`);
    return;
  }
  hash.update(`${name} ${stat.mode & 0o111 ? 'x' : '-'} ${stat.size}\n`).update(readFileSync(path));
}

/** A file that says from which inputs a result was made. */
export class Stamp {
  private path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Whether the result was made from these inputs. */
  matches(hash: string): boolean {
    return existsSync(this.path) && readFileSync(this.path, 'utf8') === hash;
  }

  /** To be called when the result is whole, never before. */
  write(hash: string): void {
    writeFileSync(this.path, hash);
  }
}
