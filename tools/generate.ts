import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { generateAppRoles } from './generate/app-roles.ts';
import { generateApi } from './generate/api.ts';
import type { GeneratedFiles, Generator } from './generate/generated-files.ts';
import { generateProtos } from './generate/protos.ts';

/** Every generator, by the name that `npm run generate -- NAME` takes. */
const generators: Record<string, Generator> = {
  api: generateApi,
  'app-roles': generateAppRoles,
  protos: async () => Object.fromEntries(generateProtos()),
};

const usage = `npm run generate [-- [--check] [NAME...]]
Makes every file that follows from another one. --check writes nothing and fails when a file is stale.
Names: ${Object.keys(generators).join(', ')}`;

/** Writes what differs; with `check`, only tells. Gives back the paths that differ. */
async function writeChanged(repository: string, files: GeneratedFiles, check: boolean): Promise<string[]> {
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

async function main(args: readonly string[]): Promise<number> {
  const check = args.includes('--check');
  const names = args.filter((argument) => argument !== '--check');
  const unknown = names.find((name) => !(name in generators));
  if (unknown !== undefined) {
    console.error(unknown === '--help' ? usage : `no generator ${unknown}\n${usage}`);
    return unknown === '--help' ? 0 : 2;
  }
  const repository = resolve(import.meta.dirname, '..');
  const changed: string[] = [];
  for (const [name, generate] of Object.entries(generators)) {
    if (names.length === 0 || names.includes(name)) {
      changed.push(...(await writeChanged(repository, await generate(repository), check)));
    }
  }
  for (const path of changed) {
    console.log(`${check ? 'stale' : 'wrote'} ${path}`);
  }
  if (check && changed.length > 0) {
    console.error('Run `npm run generate` and commit what it writes.');
    return 1;
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
