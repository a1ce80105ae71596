import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { withBuildLock } from './build-lock.ts';
import { cacheFolder, contentHash } from './cache.ts';
import { command } from './command.ts';

const mergedUsrHooks = '/usr/share/mmdebstrap/hooks/merged-usr';

/** The Debian release of everything that we build. */
const debianRelease = 'bookworm';

/**
 * A Debian root file system with some packages, as a tar file, made from packages alone and kept under the hash of what
 * goes into it. Documentation is left out.
 * @returns the tar file's path.
 */
export async function debianRoot(name: string, packages: readonly string[]): Promise<string> {
  // Without these two Debian merges /usr by a program in Perl, which then is 45 MB of every image.
  const wanted = ['usr-is-merged', ...packages];
  const hash = contentHash([debianRelease, mergedUsrHooks, ...wanted]);
  const path = join(cacheFolder('debian'), `${name}-${hash}.tar`);
  if (existsSync(path)) return path;
  await withBuildLock(`debian-${name}`, async () => {
    if (existsSync(path)) return;
    await makeRoot(name, wanted, path);
    const older = readdirSync(dirname(path)).filter((file) => file.startsWith(`${name}-`) && file !== basename(path));
    for (const file of older) rmSync(join(dirname(path), file));
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
    `--hook-dir=${mergedUsrHooks}`,
    `--include=${packages.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"',
    ...excluded,
    debianRelease,
    `${path}.part`,
  ]);
  renameSync(`${path}.part`, path);
}
