import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { KubeVirt } from '@quickvirt/api';
import { parse } from 'yaml';
import { answerRestCase, type RestCase, type RestOutcome } from './reference-rest.ts';

const cases = resolve(import.meta.dirname, '../../../../shared/reference/cases');
const restDirectory = resolve(cases, 'rest');
const hasReference = existsSync(restDirectory);

/** Families that are decided; every case of them must give the reference's answer. */
const SERVED = /^(virtualmachines\/a\/(start|stop|restart)|virtualmachineinstances\/a\/console)$/;

function readYaml<T>(file: string): T {
  return parse(readFileSync(resolve(cases, file), 'utf8')) as T;
}

const restCases = hasReference
  ? readdirSync(restDirectory)
      .filter((file) => file.endsWith('.in.yaml'))
      .map((file) => readYaml<RestCase & { config: string }>(`rest/${file}`))
      .filter(({ call }) => SERVED.test(call.path.split('?')[0] ?? ''))
  : [];

/** What a JSON patch comes to, without the preconditions, which are ours to choose. */
function effect({ writes }: Pick<RestOutcome, 'writes'>) {
  return writes.map(({ verb, path, body, query }) => {
    if (!Array.isArray(body)) return { verb, path, body, query };
    const operations = (body as { op: string; path: string; value?: unknown }[])
      .filter(({ op, path: at }) => op !== 'test' && !at.startsWith('/metadata'))
      .map(({ op, ...rest }) => ({ ...rest, op: op === 'replace' ? 'add' : op }));
    return { verb, path, body: operations, query };
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
  if (hasReference) expect(restCases.length).toBeGreaterThan(60);
});
