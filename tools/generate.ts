import { resolve } from 'node:path';
import { generateAppRoles } from './generate/app-roles.ts';
import { generateApi } from './generate/api.ts';
import type { Generator } from './generate/generated-files.ts';
import { generateProtos } from './generate/protos.ts';
import { generateWebhooks } from './generate/webhooks.ts';
import { writeChanged } from './generate/write-changed.ts';

/** Every generator, by the name that `npm run generate -- NAME` takes. */
const generators: Record<string, Generator> = {
  api: generateApi,
  'app-roles': generateAppRoles,
  webhooks: generateWebhooks,
  protos: async () => Object.fromEntries(generateProtos()),
};

const usage = `npm run generate [-- [--check] [NAME...]]
Makes every file that follows from another one. --check writes nothing and fails when a file is stale.
Names: ${Object.keys(generators).join(', ')}`;

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
