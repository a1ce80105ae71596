import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { mutated } from './mutations.ts';

const object = {
  apiVersion: 'v1',
  kind: 'Kind',
  metadata: { name: 'a' },
  spec: { list: [{ name: 'x' }], map: { a: 1 } },
};

test('mutations change the spec somewhere, and nothing else', () => {
  const samples = fc.sample(mutated(fc.constant(object)), { numRuns: 300, seed: 1 });
  const changed = samples.filter(({ spec }) => JSON.stringify(spec) !== JSON.stringify(object.spec));
  expect(changed.length).toBeGreaterThan(200);
  for (const { apiVersion, kind, metadata } of samples) {
    expect({ apiVersion, kind, metadata }).toEqual({ apiVersion: 'v1', kind: 'Kind', metadata: { name: 'a' } });
  }
  expect(object.spec).toEqual({ list: [{ name: 'x' }], map: { a: 1 } });
  expect('polluted' in {}).toBe(false);
});

test('they reach every depth', () => {
  const texts = fc
    .sample(mutated(fc.constant(object)), { numRuns: 300, seed: 1 })
    .map(({ spec }) => JSON.stringify(spec));
  expect(texts.some((text) => text?.includes('"name":"x"'))).toBe(true);
  expect(texts.some((text) => text?.includes('__proto__'))).toBe(true);
  expect(texts.some((text) => text?.includes('{"list":[{}]'))).toBe(true);
});
