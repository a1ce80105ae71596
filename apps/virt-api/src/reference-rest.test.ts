import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { KubeVirt } from '@quickvirt/api';
import { parse } from 'yaml';
import { answerRestCase, type RestCase, type RestOutcome } from './reference-rest.ts';

const cases = resolve(import.meta.dirname, '../../../../shared/reference/cases');
const restDirectory = resolve(cases, 'rest');
const hasReference = existsSync(restDirectory);

/** Of what is not there yet: it is answered with 501. */
const MISSING = /\/(memorydump|removememorydump|sev\/\w+)$/;
/** Neither instancetypes nor the object graph are there yet. */
const MISSING_CASES = [
  'vmi-objectgraph-full',
  'vm-expand-it',
  'expandvmspec-it',
  'expandvmspec-conflict',
  'expandvmspec-missing',
];
/** Decided by the HTTP layer: a body without its type. */
const HTTP_CASES = ['expandvmspec-empty'];

function readYaml<T>(file: string): T {
  return parse(readFileSync(resolve(cases, file), 'utf8')) as T;
}

const restCases = hasReference
  ? readdirSync(restDirectory)
      .filter((file) => file.endsWith('.in.yaml'))
      .map((file) => readYaml<RestCase & { config: string }>(`rest/${file}`))
      .filter(({ name, call }) => !MISSING.test(call.path) && ![...MISSING_CASES, ...HTTP_CASES].includes(name))
  : [];

/**
 * What the writes come to: patches without their preconditions, which are ours to choose, and without `/status` in a
 * VMI's path, because only ours has that subresource; new objects without what the API server fills in.
 */
function effect({ writes }: Pick<RestOutcome, 'writes'>) {
  return writes.map(({ verb, path, body, query }) => {
    const at = path.replace(/(virtualmachineinstances\/\w+)\/status$/, '$1');
    if (!Array.isArray(body)) {
      const { kind, metadata, spec } = body as { kind: string; metadata: { generateName: string }; spec: object };
      return { verb, path: at, query, kind, generateName: metadata.generateName, spec };
    }
    const operations = (body as { op: string; path: string; value?: unknown }[])
      .filter((operation) => operation.op !== 'test' && !operation.path.startsWith('/metadata'))
      .map(({ op, ...rest }) => ({ ...rest, op: op === 'replace' ? 'add' : op }));
    return { verb, path: at, body: operations, query };
  });
}

if (!hasReference) console.warn(`skipped: the reference cases are not there (${restDirectory})`);

(hasReference ? describe : describe.skip)('calls of the reference', () => {
  test.each(restCases.map((restCase) => [restCase.name, restCase] as const))('%s', (name, restCase) => {
    const reference = JSON.parse(readFileSync(resolve(restDirectory, `${name}.out.json`), 'utf8')) as RestOutcome;
    const ours = answerRestCase(restCase, readYaml<KubeVirt>(`configs/${restCase.config}.yaml`));
    expect({ code: ours.code, handler: ours.handler }).toEqual({ code: reference.code, handler: reference.handler });
    expect(effect(ours)).toEqual(effect(reference));
    if (reference.reason) expect(ours.reason).toBe(reference.reason);
  });
});

test('the reference is walked, not skipped over', () => {
  if (hasReference) expect(restCases.length).toBeGreaterThan(200);
});
