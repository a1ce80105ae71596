import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { runSeeds } from './campaign.ts';
import { findMutant } from './find-mutant.ts';
import { MUTANTS } from './mutants.ts';
import { planOf } from './plan.ts';
import { run } from './run.ts';
import { shrink } from './shrink.ts';
import { RULES } from './world/kind-rules.ts';

/** Of the seeds that CI runs, the first: the whole campaign and the mutants are a level of their own. */
const SEEDS = 40;
/** So many seeds may pass before a mutant that is easily found is. */
const MUTANT_SEEDS = 200;

test(`the rules hold for the first ${SEEDS} seeds`, async () => {
  const { findings, faults, writes } = await runSeeds({ first: 1, count: SEEDS });
  expect(findings).toEqual([]);
  expect(faults).toBeGreaterThan(SEEDS);
  expect(writes).toBeGreaterThan(SEEDS * 10);
}, 120_000);

test('a seed is a run: twice the same', async () => {
  for (const seed of [7, 8, 9]) {
    const [once, again] = [await run(planOf(seed)), await run(planOf(seed))];
    expect(again).toEqual(once);
  }
});

test('a run without a trace is the run with one', async () => {
  const lines: string[] = [];
  const traced = await run(planOf(7), { trace: (line) => lines.push(line) });
  expect(traced).toEqual(await run(planOf(7)));
  expect(lines.length).toBeGreaterThan(100);
});

test('a plan that breaks a rule is cut down to one that breaks the same', async () => {
  const mutant = MUTANTS.find(({ name }) => name === 'finalizer-dropped-early');
  if (!mutant) throw new Error('there is no such mutant');
  const found = await findMutant(mutant, MUTANT_SEEDS);
  if (!found) throw new Error('the mutant was not found');
  const plan = planOf(found.seed);
  const smaller = await shrink(plan, found.rule, mutant);
  const size = ({ happenings, requestFaults }: typeof plan) => happenings.length + requestFaults.length;
  expect(size(smaller)).toBeLessThanOrEqual(size(plan));
  expect((await run(smaller, { mutant })).violation?.rule).toBe(found.rule);
}, 60_000);

describe('keys of lists are those of the CRDs', () => {
  test.each([
    ['VirtualMachine', 'virtualmachines'],
    ['VirtualMachineInstance', 'virtualmachineinstances'],
  ])('%s', (kind, plural) => {
    const file = join(import.meta.dirname, `../../charts/quickvirt/templates/crds/${plural}.kubevirt.io.yaml`);
    const crd = parse(readFileSync(file, 'utf8')) as {
      spec: { versions: { storage: boolean; schema: { openAPIV3Schema: Schema } }[] };
    };
    const schema = crd.spec.versions.find(({ storage }) => storage)?.schema.openAPIV3Schema.properties?.['status'];
    const known = Object.entries(RULES[kind]?.listKeys ?? {}).filter(([path]) => path.startsWith('status.'));
    expect(Object.fromEntries(known)).toEqual(listKeys(schema));
  });
});

interface Schema {
  properties?: Record<string, Schema>;
  'x-kubernetes-list-type'?: string;
  'x-kubernetes-list-map-keys'?: string[];
}

/** Keyed lists directly in the status. */
function listKeys(status: Schema | undefined): Record<string, string> {
  const keyed = Object.entries(status?.properties ?? {}).filter(([, list]) => list['x-kubernetes-list-type'] === 'map');
  return Object.fromEntries(
    keyed.map(([name, list]) => [`status.${name}`, list['x-kubernetes-list-map-keys']?.join() ?? '']),
  );
}
