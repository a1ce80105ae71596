import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { withBuildLock } from './build-lock.ts';
import { cacheFolder, contentHash } from './cache.ts';
import { command } from './command.ts';

/** The Debian release of everything that we build. */
export const debianRelease = 'bookworm';

/**
 * A Debian root file system with some packages, as a tar file, made from packages alone and kept under the hash of what
 * goes into it. Documentation is left out.
 * @returns the tar file's path.
 */
export async function debianRoot(name: string, packages: readonly string[]): Promise<string> {
  const hash = contentHash([debianRelease, ...packages]);
  const path = join(cacheFolder('debian'), `${name}-${hash}.tar`);
  if (existsSync(path)) return path;
  await withBuildLock(`debian-${name}`, async () => {
    if (!existsSync(path)) await makeRoot(name, packages, path);
  });
  return path;
}

async function makeRoot(name: string, packages: readonly string[], path: string): Promise<void> {
  console.error(`  a Debian root file system for ${name} (about 1 min)`);
  const excluded = ['man', 'doc', 'locale', 'info'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`);
  await command([
    'mmdebstrap',
    '--quiet',
    '--format=tar',
    '--variant=minbase',
    ...(packages.length > 0 ? [`--include=${packages.join(',')}`] : []),
    '--aptopt=APT::Install-Recommends "false"',
    ...excluded,
    debianRelease,
    `${path}.part`,
  ]);
  renameSync(`${path}.part`, path);
}
