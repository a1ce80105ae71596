import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import type { Definitions } from './json-schema.ts';
import { offlineSchemas } from './offline-schemas.ts';

const FILE = 'charts/quickvirt/values.schema.json';
/** The type of the API that the chart's value `qat` has. */
const ROOT = 'QatConfiguration';

/**
 * The schema of the chart's values, with that of the section `qat` made from the API's types: helm refuses a misspelt
 * field before anything is installed. The rest of the file is written by hand.
 */
export async function chartValuesSchema(repository: string, definitions: Definitions): Promise<Record<string, string>> {
  const path = join(repository, FILE);
  const schema = JSON.parse(await readFile(path, 'utf8')) as { $defs: Record<string, unknown> };
  const byHand = Object.entries(schema.$defs).filter(([name]) => !/^[A-Z]/.test(name));
  const schemas = offlineSchemas(definitions);
  const made = reachableFrom(ROOT, schemas).map((name) => [name, schemas[name]]);
  const text = JSON.stringify({ ...schema, $defs: { ...Object.fromEntries(byHand), ...Object.fromEntries(made) } });
  const options = await resolveConfig(path);
  return { [FILE]: await format(text, { ...options, filepath: path }) };
}

/** A type and all that it refers to, in the order of their names. */
function reachableFrom(root: string, schemas: Record<string, unknown>): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const [, next] of JSON.stringify(schemas[name]).matchAll(/"#\/\$defs\/([^"]+)"/g)) visit(next ?? '');
  };
  visit(root);
  return [...found].toSorted();
}
