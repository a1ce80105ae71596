import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { admissionProperties } from './admission.ts';

const objects = 20_000;

test('20,000 seeded objects keep every property of admission', () => {
  const properties = admissionProperties();
  const runsEach = Math.ceil(objects / properties.length);
  const failed = properties
    .map(({ name, property }) => ({ name, details: fc.check(property, { numRuns: runsEach, seed: 2 }) }))
    .filter(({ details }) => details.failed)
    .map(({ name, details }) => `${name}: ${JSON.stringify(details.counterexample)} ${String(details.errorInstance)}`);
  expect(failed).toEqual([]);
}, 300_000);
