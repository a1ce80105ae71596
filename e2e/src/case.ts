import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

/** One step of a case: the verb and the documents of one file `NN-verb[-words].yaml`. */
export interface Step {
  file: string;
  verb: string;
  documents: Record<string, unknown>[];
}

/** A folder of `cases/`: its steps in the order of their numbers. */
export interface Case {
  name: string;
  steps: Step[];
}

/**
 * Reads the cases below `root`.
 * @param names only these; all when empty.
 * @throws when a name is no case, or a file does not parse or is not named `NN-verb[-words].yaml`.
 */
export function readCases(root: string, names: string[]): Case[] {
  const all = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`no such case: ${unknown.join(', ')}; there are: ${all.join(', ')}`);
  return (names.length > 0 ? names : all).map((name) => ({ name, steps: readSteps(join(root, name)) }));
}

function readSteps(folder: string): Step[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => {
      const verb = /^\d\d-([a-z]+)(-.*)?\.yaml$/.exec(file)?.[1];
      if (!verb) throw new Error(`${join(folder, file)}: the name must be NN-verb[-words].yaml`);
      const documents = parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => {
        if (document.errors[0]) throw new Error(`${join(folder, file)}: ${document.errors[0].message}`);
        return document.toJS() as Record<string, unknown>;
      });
      return { file, verb, documents: documents.filter(Boolean) };
    });
}

/**
 * Puts variables in for `${name}` in every string of a value, depth first. Pure.
 * @throws when a variable is not set.
 */
export function substitute<T>(value: T, variables: Readonly<Record<string, string>>): T {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Za-z0-9_]+)\}/g, (_all, name: string) => {
      const found = variables[name];
      if (found === undefined) throw new Error(`\${${name}} is not set; known: ${Object.keys(variables).join(', ')}`);
      return found;
    }) as T;
  }
  if (Array.isArray(value)) return value.map((item) => substitute(item as unknown, variables)) as T;
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, substitute(item as unknown, variables)]),
    ) as T;
  }
  return value;
}
