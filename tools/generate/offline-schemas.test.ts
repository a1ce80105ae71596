import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { jsonSchemas } from '@quickvirt/api';

const cases = resolve(import.meta.dirname, '../../../shared/reference/cases');
const ajv = new Ajv2020({ allErrors: true, strict: false }).addSchema(jsonSchemas);

function checkerOf(kind: string): ValidateFunction {
  const check = ajv.getSchema(`quickvirt-api#/$defs/${kind}`);
  if (check === undefined) {
    throw new Error(`no offline schema of ${kind}`);
  }
  return check;
}

/** `spec.disks[0].name` of ajv's `/spec/disks/0/name`. */
function fieldOf({ instancePath, params, keyword }: ErrorObject): string {
  const base = instancePath
    .slice(1)
    .replaceAll(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.');
  const { missingProperty, additionalProperty } = params as { missingProperty?: string; additionalProperty?: string };
  const name = keyword === 'required' ? missingProperty : additionalProperty;
  return [base, name].filter(Boolean).join('.');
}

function problemsOf(object: { kind: string }): { unknown: string[]; wrong: string[] } {
  const check = checkerOf(object.kind);
  check(object);
  // An alternative that failed says nothing that the failed choice does not say too.
  const errors = (check.errors ?? []).filter(({ keyword }) => keyword !== 'anyOf');
  const of = (isUnknown: boolean) =>
    [
      ...new Set(errors.filter(({ keyword }) => (keyword === 'additionalProperties') === isUnknown).map(fieldOf)),
    ].toSorted();
  return { unknown: of(true), wrong: of(false) };
}

test.each([
  ['a misspelt field', { devices: {}, cpuu: {} }, { unknown: ['spec.domain.cpuu'], wrong: [] }],
  [
    'a field inside an empty object',
    { devices: { rng: { a: 1 } } },
    { unknown: ['spec.domain.devices.rng.a'], wrong: [] },
  ],
  ['a missing field', {}, { unknown: [], wrong: ['spec.domain.devices'] }],
  ['a text for a number', { devices: {}, cpu: { cores: '2' } }, { unknown: [], wrong: ['spec.domain.cpu.cores'] }],
  [
    'a value that is not among the enforced',
    { devices: {}, rebootPolicy: 'No' },
    { unknown: [], wrong: ['spec.domain.rebootPolicy'] },
  ],
  ['a value that is not among the known', { devices: {}, ioThreadsPolicy: 'other' }, { unknown: [], wrong: [] }],
  ['a bad quantity', { devices: {}, memory: { guest: '1 Gi' } }, { unknown: [], wrong: ['spec.domain.memory.guest'] }],
  ['a number as quantity', { devices: {}, memory: { guest: 1024 } }, { unknown: [], wrong: [] }],
])('%s', (_, domain, expected) => {
  const object = {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name: 'a' },
    spec: { domain },
  };
  expect(problemsOf(object)).toEqual(expected);
});

const whenThere = existsSync(cases) ? describe : describe.skip;
if (!existsSync(cases)) {
  console.log(`skipped: ${cases} is not there, so there are no cases to compare the schemas with`);
}

whenThere('the cases of the reference', () => {
  interface Verdict {
    crd?: { errors?: { field: string }[]; pruned?: string[] };
  }
  const notBySchema = new Set([
    // Refused by a CEL rule, which the offline schema has none of.
    'bkt-kind',
    // One of its errors is in disks that the defaults add.
    'chk-vol-257',
  ]);
  const inputs = readdirSync(`${cases}/validation`).filter((name) => name.endsWith('.in.yaml'));

  test('there are some', () => {
    expect(inputs.length).toBeGreaterThan(100);
  });

  test.each(inputs.map((name) => name.replace('.in.yaml', '')).filter((name) => !notBySchema.has(name)))(
    '%s',
    (name) => {
      const input = parse(readFileSync(`${cases}/validation/${name}.in.yaml`, 'utf8')) as { object: { kind: string } };
      const { crd } = JSON.parse(readFileSync(`${cases}/validation/${name}.out.json`, 'utf8')) as Verdict;
      if (crd === undefined || ajv.getSchema(`quickvirt-api#/$defs/${input.object.kind}`) === undefined) {
        return;
      }
      expect(problemsOf(input.object)).toEqual({
        unknown: (crd.pruned ?? []).toSorted(),
        wrong: (crd.errors ?? []).map(({ field }) => field).toSorted(),
      });
    },
  );
});
