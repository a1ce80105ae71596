import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import { familyOf } from './families.ts';
import { parseSubresourcePath, type SubresourcePath } from './subresource-request.ts';

const table = resolve(import.meta.dirname, '../../../../../shared/reference/api/subresources.json');
const endpoints = existsSync(table)
  ? (JSON.parse(readFileSync(table, 'utf8')) as { endpoints: { path: string; verb: string }[] }).endpoints
  : [];
if (endpoints.length === 0) console.warn(`skipped: the reference's table of endpoints is not there (${table})`);

const ofObjects = endpoints
  .filter(({ path }) => path.includes('/namespaces/'))
  .map(({ path, verb }) => [verb, path.replaceAll(/\{(\w+)\}/g, '$1')] as const);

(ofObjects.length > 0 ? test.each(ofObjects) : test.skip.each([['', '']]))('%s %s is known', (verb, path) => {
  const parsed = parseSubresourcePath(path) as SubresourcePath;
  expect(familyOf(parsed)?.method).toBe(verb);
});
