import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { manifestsIn, readManifests } from './manifests.ts';

const vm = (name: string) => `apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata:\n  name: ${name}\n`;
const namesIn = (text: string) =>
  manifestsIn(text, 'a.yaml').map(({ source, object }) => [source, object.metadata.name]);

describe('manifestsIn', () => {
  test('finds every document and says where it begins', () => {
    expect(namesIn(`# words\n${vm('a')}---\n---\n${vm('b')}`)).toEqual([
      ['a.yaml:2', 'a'],
      ['a.yaml:8', 'b'],
    ]);
  });

  test('takes JSON, and lists as kubectl prints them', () => {
    const items = [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }];
    expect(namesIn(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))).toEqual([['a.yaml:1', 's']]);
  });

  test.each([
    ['no YAML', 'a: [', 'a.yaml:1: this is no YAML'],
    ['a list', '- a', 'a.yaml:1: this is no Kubernetes object'],
    ['an object of nothing', '\nspec: {}', 'a.yaml:2: this is no Kubernetes object: it needs apiVersion and kind'],
    ['metadata of another sort', 'apiVersion: v1\nkind: Pod\nmetadata: []', 'metadata of Pod is no object'],
  ])('names the place of %s', (_what, text, message) => {
    expect(() => manifestsIn(text, 'a.yaml')).toThrow(message);
  });

  test('bounds the blow-up of aliases', () => {
    const bomb = Array.from(
      { length: 12 },
      (_, i) =>
        `a${i}: &a${i} [${Array(9)
          .fill(i ? `*a${i - 1}` : 'x')
          .join()}]`,
    );
    expect(() => manifestsIn(`apiVersion: v1\nkind: Pod\n${bomb.join('\n')}`, 'a.yaml')).toThrow(/^a.yaml:1: .*alias/);
  });
});

describe('readManifests', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quickvirt-manifests-'));
  mkdirSync(join(folder, 'below'));
  writeFileSync(join(folder, 'b.yaml'), vm('b'));
  writeFileSync(join(folder, 'a.yml'), vm('a'));
  writeFileSync(join(folder, 'notes.txt'), 'no manifest');
  writeFileSync(
    join(folder, 'below/c.json'),
    JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'c' } }),
  );
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

  test('reads the manifests of a folder and below it, in the order of their names', () => {
    expect(readManifests([folder]).map(({ object }) => object.metadata.name)).toEqual(['a', 'b', 'c']);
  });

  test.each([
    ['missing', '/nowhere/at/all', 'cannot be read (ENOENT)'],
    ['without an object', join(folder, 'empty.yaml'), 'there is no object in it'],
  ])('names a file that is %s', (_what, path, message) => {
    if (path.startsWith(folder)) writeFileSync(path, '# nothing\n');
    expect(() => readManifests([path])).toThrow(message);
  });
});
